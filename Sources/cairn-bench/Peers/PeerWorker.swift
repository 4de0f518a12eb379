import DevStack
import Foundation
import Reactor
import RedisClient

/// A peer while it is measured. It has no page of metrics: what it has done is read from Redis and Postgres.
@Reactor
final class PeerWorker: WorkersUnderTest {
    let startedNs = Clock.monotonicNs()
    let scoreKeys = ScoreKeys.peer
    private let process: DevProcess
    /// A file that appears with its first record.
    private let first: String
    private let stage: BenchStage

    /// Records that show that every partition is read.
    private static let knocks = 1_000
    private static let firstEveryMs: Int64 = 5
    /// How often Redis is asked for some hundred scores at once, which costs it about a tenth of a millisecond.
    private static let endEveryMs: Int64 = 20
    /// A worker that does nothing new for so long has a problem, milliseconds.
    private static let silenceMs: Int64 = 60_000
    private static let leaveMs: Int64 = 15_000

    init(_ process: DevProcess, first: String, on stage: BenchStage) {
        self.process = process
        self.first = first
        self.stage = stage
    }

    var pids: [pid_t] { [process.pid] }

    func checkRunning() throws(BenchFailure) {
        if !process.isRunning { throw .failed("the worker has ended:\n\(BenchStage.lastLines(of: process))") }
    }

    /// Sends the first records and waits until they are seen.
    func join(_ sender: ScanSender) async throws {
        while sender.sent < Self.knocks {
            if sender.send(Self.knocks - sender.sent) == 0 { await Reactor.pause(ms: 1) }
        }
        _ = try await awaitScores(sender.trace.oracle)
    }

    func awaitFirstRecord(beforeEach: () async -> Void) async throws -> Int64 {
        let deadline = Clock.monotonicMs() + Self.silenceMs
        var beforeNs: Int64?
        while true {
            await beforeEach()
            let nowNs = Clock.monotonicNs()
            if access(first, F_OK) == 0 { return beforeNs ?? nowNs }
            beforeNs = nowNs
            try checkRunning()
            if Clock.monotonicMs() > deadline { throw silence("first record") }
            await Reactor.pause(ms: Self.firstEveryMs)
        }
    }

    func beginCounting() async throws {}

    func awaitEnd(of sender: ScanSender) async throws -> Int64 { try await awaitScores(sender.trace.oracle) }

    func checkExactness(_ oracle: TraceOracle) async throws -> Int {
        try await PeerCheck(stage: stage, oracle: oracle).run()
    }

    /// Its figures are taken already, so how it ends is no matter.
    func stop() async throws {
        process.signal(SIGTERM)
        let deadline = Clock.monotonicMs() + Self.leaveMs
        while process.isRunning, Clock.monotonicMs() < deadline { await Reactor.pause(ms: 5) }
        process.signal(SIGKILL)
        await process.wait()
    }

    func complete(_ result: inout RunResult) {}

    /// Waits until Redis, and then Postgres, show the scores of the oracle's sentinels.
    ///
    /// - Returns: monotonic nanoseconds of when Redis did.
    private func awaitScores(_ oracle: TraceOracle) async throws -> Int64 {
        let players = oracle.sentinels
        let wanted = players.map { oracle.standings[$0].score }
        var seen: [Int64?] = []
        var changedMs = Clock.monotonicMs()
        while true {
            let scores = try await stage.redis.peerBoard(players)
            let nowNs = Clock.monotonicNs()
            if scores == wanted, try await committed(players) == wanted { return nowNs }
            if scores != seen { changedMs = Clock.monotonicMs() }
            seen = scores
            try checkRunning()
            if Clock.monotonicMs() - changedMs > Self.silenceMs { throw silence("end") }
            await Reactor.pause(ms: Self.endEveryMs)
        }
    }

    private func committed(_ players: [Int]) async throws -> [Int64?] {
        let names = players.map { "'\(String(decoding: ScanTemplate.name(ofPlayer: $0), as: UTF8.self))'" }
        let rows = try await stage.query(
            "select player, score from score where player in (\(names.joined(separator: ", ")))")
        var scores: [Int: Int64] = [:]
        for row in 0..<rows.count {
            if let player = ScanTemplate.player(ofName: rows.bytes(row, 0)) { scores[player] = rows.int64(row, 1) }
        }
        return players.map { scores[$0] }
    }

    private func silence(_ what: String) -> BenchFailure {
        .failed(
            """
            no \(what) and no progress for \(Self.silenceMs / 1_000) s; the worker's log ends with
            \(BenchStage.lastLines(of: process))
            """)
    }
}

extension RedisClient {
    /// Players' scores on the board of a peer, in the order asked for; nil for one that is not on it.
    func peerBoard(_ players: some Collection<Int>) async throws(RedisError) -> [Int64?] {
        var call = RedisArguments("ZMSCORE", "board")
        for player in players { call.append(ScanTemplate.name(ofPlayer: player)) }
        guard case .array(let values) = try await self.call(call) else { return [] }
        return values.map { $0.text.flatMap { Int64($0) } }
    }
}
