import FaultProxy
import Foundation
import HuntCore
import Reactor
import Testing

/// A worker with a proxy of its own between it and Postgres.
struct SceneWorker {
    let process: WorkerProcess
    let postgres: FaultProxy

    /// Whether its lease is held, by the process id in an owner's name.
    func owns(_ owner: String) -> Bool { owner.split(separator: "-").dropLast().last == "\(process.pid)" }
}

/// What a row of the matrix acts upon: a site, a load, and workers behind proxies.
@Reactor
final class FaultScene {
    let row: FaultRow
    let site: Site
    let load: ScanLoad
    /// Between all workers and Redis.
    let redis: FaultProxy
    private(set) var workers: [SceneWorker] = []
    var result: FaultResult
    /// What the scans count by in the end.
    var huntsInTheEnd: [HuntDefinition]
    private var endedAtMs: Int64?
    private var acknowledged: [Int32: Int64] = [:]

    init(_ row: FaultRow, _ site: Site) async throws {
        self.row = row
        self.site = site
        site.settings.sessionTimeoutMs = row.sessionTimeoutMs
        site.settings.scoreTTLSeconds = row.scoreTTLSeconds
        site.settings.kafkaProperties = row.kafkaProperties
        load = try ScanLoad(
            site, seed: row.seed, players: row.players, partitioners: row.partitioners,
            properties: row.producerProperties)
        redis = try await FaultProxy.start(to: site.stack.port(of: .redis))
        result = FaultResult(fault: row.name)
        result.recoveryMsMax = row.recoveryMsMax
        huntsInTheEnd = row.hunts
    }

    var living: [SceneWorker] { workers.filter(\.process.isRunning) }

    /// Starts a worker without waiting for it.
    @discardableResult
    func launch() async throws -> SceneWorker {
        let server = site.stack.port(of: .postgres)
        let postgres = try await FaultProxy.start(to: server)
        var settings = site.settings
        settings.postgresURL = settings.postgresURL.replacing(":\(server)/", with: ":\(postgres.port)/")
        settings.redisURL = "redis://127.0.0.1:\(redis.port)"
        let worker = SceneWorker(process: try await site.launchWorker(settings), postgres: postgres)
        workers.append(worker)
        return worker
    }

    func awaitStarts() async throws {
        for worker in living {
            let isUp = await eventually(within: 30) { worker.process.log.contains("worker started") }
            guard isUp else { throw ServiceFailure("a worker did not start") }
        }
    }

    /// Waits until every living worker has its partitions and scans are committed.
    func awaitWork() async throws {
        guard await eventually(within: 40, { try await self.isOwned(by: self.living, all: true) }) else {
            throw ServiceFailure("not every worker is at work: \(try await site.leaseLines())")
        }
        let before = await site.countWhenUp()
        guard
            await eventually(within: 20, { try await self.site.committedCount() > before + Int64(self.row.perSecond) })
        else { throw ServiceFailure("nothing is committed") }
    }

    /// Whether every partition's lease is held by one of `owners`, and `all` of them hold one.
    func isOwned(by owners: [SceneWorker], all: Bool = false) async throws -> Bool {
        let rows = try await site.query("select owner from cairn.partition_lease")
        let holders = (0..<rows.count).map { rows.text($0, 0) }
        return rows.count == row.partitions
            && holders.allSatisfy { holder in owners.contains { $0.owns(holder) } }
            && (!all || owners.allSatisfy { owner in holders.contains { owner.owns($0) } })
    }

    /// Waits until the living own all partitions: within the session timeout and 2 s of the fault's end.
    ///
    /// While the group meets, its members own nothing. Kafka lets it meet as soon as all have come; the test broker
    /// (tansu 0.6) waits for half a session timeout, which is told apart and does not count.
    func expectOwned() async throws {
        let start = endedAtMs ?? Clock.monotonicMs()
        var revokedAtMs: Int64?
        let isDone = await eventually(within: 40) {
            if revokedAtMs == nil, await self.ownNothing() { revokedAtMs = Clock.monotonicMs() }
            return try await self.isOwned(by: self.living)
        }
        let now = Clock.monotonicMs()
        let meetingMs = revokedAtMs.map { now - $0 } ?? 0
        if let most = row.ownedMsMax.map({ $0 * patience }) {
            #expect(isDone && now - start <= most, "owned after \(now - start) ms")
        } else {
            let most = Int64(row.sessionTimeoutMs + 2_000) * patience
            #expect(isDone && now - start - meetingMs <= most, "owned after \(now - start), met for \(meetingMs) ms")
            #expect(
                meetingMs <= Int64(row.sessionTimeoutMs / 2 + 2_000) * patience, "the group met for \(meetingMs) ms")
        }
        note("owned after \(seconds(now - start)) s, of which the group met for \(seconds(meetingMs)) s")
    }

    /// Whether the living have given all their partitions up.
    private func ownNothing() async -> Bool {
        for worker in living {
            guard let owned = await worker.process.samples("cairn_partition_offset"), owned.isEmpty else {
                return false
            }
        }
        return true
    }

    // MARK: The end of a fault

    /// From now on recovery is measured, of everything that is acknowledged by now.
    func faultEnded() {
        endedAtMs = Clock.monotonicMs()
        acknowledged = load.ends
        phase("\(row.name): the fault has ended")
    }

    /// For a row that measures something else than the lag.
    func recovered(afterMs: Int64) { result.recoveryMs = max(result.recoveryMs ?? 0, afterMs) }

    /// Waits until everything that was acknowledged when the fault ended is committed and published.
    func recover() async throws {
        if endedAtMs == nil { faultEnded() }
        let isDone = await eventually(within: 90) { try await self.isPublished(self.acknowledged) }
        guard isDone, let endedAtMs else { throw ServiceFailure("no recovery: \(try await standing())") }
        if result.recoveryMs == nil { result.recoveryMs = Clock.monotonicMs() - endedAtMs }
        let tookMs = result.recoveryMs ?? 0
        phase("\(row.name): recovered after \(tookMs) ms")
        #expect(tookMs <= row.recoveryMsMax * patience, "\(row.name) took \(tookMs) ms to recover")
    }

    private func isPublished(_ ends: [Int32: Int64]) async throws -> Bool {
        let rows = try await site.query("select partition, published_offset from cairn.partition_lease")
        var published: [Int32: Int64] = [:]
        for row in 0..<rows.count { published[rows.int32(row, 0)] = rows.int64(row, 1) }
        return ends.allSatisfy { published[$0.key] ?? 0 >= $0.value }
    }

    /// Where everything stands, for a row that comes to no end.
    private func standing() async throws -> String {
        var lines = [
            "leases \(try await site.leaseLines())", "\(load.records.count) sent, ends \(load.ends)",
            "to reach \(acknowledged)",
        ]
        for worker in living {
            for name in ["cairn_partition_offset", "cairn_consumer_lag_records", "cairn_lane_records"] {
                let samples = await worker.process.samples(name) ?? [:]
                lines.append(
                    "\(worker.process.pid) \(samples.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
            }
            for name in [
                "cairn_feed_backlog", "cairn_feed_sent_total", "cairn_feed_delivered_total", "cairn_pool_waiting",
            ] {
                lines.append("\(worker.process.pid) \(name) \(await worker.process.metric(name) ?? -1)")
            }
        }
        return lines.joined(separator: "\n")
    }

    func compare() async throws {
        if row.repeatsUnanswered { note("\(try await load.takeRepeats(site)) records repeated by the producer") }
        let expected = Expectation(load.records, hunts: huntsInTheEnd)
        result.scans = expected.recordCount
        guard expected.sharedPlaces == 0 else { throw ServiceFailure("the broker gave one offset to two records") }
        guard await eventually(within: 60, { try await self.site.isQuiet(expected) }) else {
            throw ServiceFailure("not everything was processed within 60 s: \(try await site.leaseLines())")
        }
        phase("\(row.name): comparing \(expected.recordCount) records")
        let differences = try await site.differences(expected, hunts: huntsInTheEnd)
        site.report(differences.map(\.text))
        result.take(differences)
    }

    /// Something for the last column of the table.
    func note(_ text: String) {
        phase("\(row.name): \(text)")
        result.notes.append(text)
    }

    /// Waits until `condition` holds, or ends the row.
    func await(
        _ what: String, within limit: Int64 = 20, _ condition: @Reactor () async throws -> Bool
    ) async throws {
        guard await eventually(within: limit, condition) else { throw ServiceFailure("not within \(limit) s: \(what)") }
    }

    /// The sum of a metric over the living workers.
    func total(_ name: String) async -> Double {
        var sum = 0.0
        for worker in living { sum += await worker.process.metric(name) ?? 0 }
        return sum
    }

    func close() async {
        for worker in living { await worker.process.kill() }
        for worker in workers { await worker.postgres.stop() }
        await redis.stop()
        await load.close()
    }
}

/// Milliseconds as seconds for people.
func seconds(_ ms: Int64) -> String { String(format: "%.1f", Double(ms) / 1000) }
