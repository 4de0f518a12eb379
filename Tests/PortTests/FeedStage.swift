import Foundation
import HuntCore
import KafkaClient
import Reactor
import Storage
import Testing

@testable import FlowCore
@testable import Simulation

/// A feed with a queue of three records, a reader that keeps the newest version of each player, and what was told of
/// each record.
@Reactor
protocol FeedStage: AnyObject {
    var patience: Patience { get }
    var feed: any ScoreFeed { get }
    /// The engine that is told of deliveries.
    var engine: FlowEngine { get }
    /// Versions of a player, in the order in which they came.
    func versions(of player: String) async throws -> [Int64]
    /// `VERSION SCORE UNLOCKS REACHED_AT COMMITTED_AT PARTITION@OFFSET` of the newest, `-` for null.
    func newest(of player: String) async throws -> String?
    /// Delivers nothing until `goOn`.
    func stall() async throws
    func goOn() async throws
    /// Fails to take the next record, or the next few.
    func loseNext() async throws
    func end() async
}

@Reactor
func withFeed(_ implementation: Implementation, _ body: @Reactor (any FeedStage) async throws -> Void) async throws {
    let stage: any FeedStage =
        switch implementation {
        case .fake: FakeFeedStage()
        case .real: try await RealFeedStage()
        }
    let result: Result<Void, any Error>
    do { result = .success(try await body(stage)) } catch { result = .failure(error) }
    await stage.end()
    try result.get()
}

/// An engine that nobody gives a turn: it only counts what it is told.
@Reactor
func idleEngine(source: (any ScanSource)? = nil, feed: any ScoreFeed) -> FlowEngine {
    let time = VirtualTime()
    let faults = Faults(seed: 1)
    return FlowEngine(
        limits: FlowLimits(), book: RuleBook(generation: 0, hunts: []),
        source: source ?? FakeSource(log: FakeLog(partitionCount: 1), time: time, faults: faults),
        decoder: LineDecoder(),
        ledger: LedgerClient(
            ledger: FakeLedger(time: time), owner: "w1", time: time, faults: faults, parts: WorldParts()),
        cache: CacheClient(cache: FakeCache(time: time), time: time, faults: faults), feed: feed, seed: 1)
}

@Reactor
final class FakeFeedStage: FeedStage {
    private let time = VirtualTime()
    private let topic = FakeFeed()
    private let client: FeedClient
    let engine: FlowEngine

    init() {
        client = FeedClient(feed: topic, time: time, faults: Faults(seed: 1), queueMax: 3)
        engine = idleEngine(feed: client)
        client.onDelivered = { [engine] in engine.feedDelivered(batch: $0) }
        client.onFailed = { [engine] in engine.feedFailed(batch: $0) }
    }

    var patience: Patience { Patience(time: time) }
    var feed: any ScoreFeed { client }

    func versions(of player: String) async throws -> [Int64] { topic.versions[PlayerID(hunt: 1, player: player)] ?? [] }

    func newest(of player: String) async throws -> String? {
        topic.newest[PlayerID(hunt: 1, player: player)].map { record in
            let reachedAt = record.tally.reachedAt < 0 ? "-" : "\(record.tally.reachedAt)"
            return "\(record.version) \(record.tally.score) \(record.tally.unlocks) \(reachedAt) "
                + "\(record.committedAt) \(record.partition)@\(record.offset)"
        }
    }

    func stall() async throws { client.isStalled = true }
    func goOn() async throws { client.isStalled = false }
    func loseNext() async throws { client.failuresToCome = 1 }
    func end() async {}
}

@Reactor
final class RealFeedStage: FeedStage {
    private let cluster: MockCluster
    private let producer: KafkaProducer
    private let client: KafkaScoreFeed
    private let reader: KafkaConsumer
    private var records: [String: [String: Any]] = [:]
    private var seen: [String: [Int64]] = [:]
    let engine: FlowEngine

    init() async throws {
        cluster = try MockCluster(topic: "scores", partitions: 2)
        producer = try KafkaProducer(
            KafkaSettings(
                brokers: cluster.brokers,
                properties: ["queue.buffering.max.messages": "3", "message.timeout.ms": "6000"]))
        client = KafkaScoreFeed(producer: producer, topic: "scores") { $0 == 1 ? Array("lisbon".utf8) : nil }
        engine = idleEngine(feed: client)
        client.attach(engine) { _ in }
        reader = try KafkaConsumer(
            KafkaSettings(brokers: cluster.brokers), topic: "scores", from: [(0, -2), (1, -2)])
    }

    var patience: Patience { Patience(time: nil) }
    var feed: any ScoreFeed { client }

    private func read() {
        for partition in 0..<2 as Range<Int32> {
            _ = reader.poll(partition, max: 100) { record in
                guard let key = record.key, let value = record.value,
                    let object = try? JSONSerialization.jsonObject(with: Data(value)) as? [String: Any],
                    let version = object["version"] as? Int64
                else {
                    Issue.record("no record of a score at \(record.partition)@\(record.offset)")
                    return
                }
                let name = String(decoding: key, as: UTF8.self)
                seen[name, default: []].append(version)
                if version >= records[name]?["version"] as? Int64 ?? 0 { records[name] = object }
            }
        }
    }

    func versions(of player: String) async throws -> [Int64] {
        read()
        return seen["lisbon/\(player)"] ?? []
    }

    func newest(of player: String) async throws -> String? {
        read()
        guard let record = records["lisbon/\(player)"] else { return nil }
        guard let source = record["source"] as? [String: Any] else { return "no source" }
        let words = ["version", "score", "unlocks", "reached_at", "committed_at"].map { word in
            (record[word] as? Int64).map { "\($0)" } ?? "-"
        }
        return words.joined(separator: " ") + " \(source["partition"] ?? "-")@\(source["offset"] ?? "-")"
    }

    func stall() async throws { cluster.setDown() }
    func goOn() async throws { cluster.setUp() }

    /// Nothing is lost in 6 s of an outage but what was sent in it.
    func loseNext() async throws {
        cluster.setDown()
        let before = engine.feedFailures
        Reactor.task { [self] in
            try? await patience.until("a failed delivery") { engine.feedFailures > before }
            cluster.setUp()
        }
    }

    func end() async {
        await producer.close()
        await reader.close()
    }
}
