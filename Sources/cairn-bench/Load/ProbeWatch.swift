import Reactor
import RedisClient

/// Watches first scans until the hot tier shows them, by asking for their players' keys about once a millisecond.
@Reactor
final class ProbeWatch {
    private struct Probe {
        var player: Int
        var score: Int64
        var dueNs: Int64
    }

    /// From when a probe was due until it was seen.
    private(set) var latency = LatencyRecorder()
    private let redis: RedisClient
    private let keys: ScoreKeys
    private var open: [Probe] = []
    private var isStopped = false
    private var trouble: RedisError?

    private static let keysPerCall = 250
    private static let pauseMs: Int64 = 1

    /// - Throws: `RedisError`.
    init(_ keys: ScoreKeys, redisURL: String) async throws(RedisError) {
        self.keys = keys
        redis = try await RedisClient.forReading(redisURL)
        Reactor.task { [self] in await watch() }
    }

    var openCount: Int { open.count }

    /// - Parameter score: the player's with the scan that is watched.
    func add(player: Int, score: Int64, dueNs: Int64) {
        open.append(Probe(player: player, score: score, dueNs: dueNs))
    }

    /// Waits until all probes were seen, then ends.
    ///
    /// - Throws: `BenchFailure` when some are not within `timeoutMs`.
    func finish(timeoutMs: Int64) async throws(BenchFailure) {
        let deadline = Clock.monotonicMs() + timeoutMs
        while !open.isEmpty, Clock.monotonicMs() < deadline { await Reactor.pause(ms: 1) }
        isStopped = true
        redis.close()
        guard open.isEmpty else {
            let reason = trouble.map { ": \($0.description)" } ?? ""
            throw .failed("\(open.count) scans were never seen in Redis\(reason)")
        }
    }

    private func watch() async {
        while !isStopped {
            var start = 0
            let count = open.count
            var isVisible = [Bool](repeating: false, count: count)
            while start < count, !isStopped {
                let end = min(count, start + Self.keysPerCall)
                await look(start..<end, &isVisible)
                start = end
            }
            if isVisible.contains(true) {
                // What was added meanwhile stands behind and stays.
                open = open.enumerated().filter { $0.offset >= count || !isVisible[$0.offset] }.map(\.element)
            }
            await Reactor.pause(ms: Self.pauseMs)
        }
    }

    private func look(_ range: Range<Int>, _ isVisible: inout [Bool]) async {
        var call = RedisArguments("MGET")
        for probe in open[range] { keys.append(keyOfPlayer: probe.player, to: &call) }
        do throws(RedisError) {
            guard case .array(let values) = try await redis.call(call) else { return }
            let now = Clock.monotonicNs()
            for (position, value) in zip(range, values) {
                guard let text = value.text, let seen = keys.score(in: text), seen >= open[position].score
                else { continue }
                isVisible[position] = true
                latency.add(now - open[position].dueNs)
            }
        } catch {
            trouble = error
        }
    }
}
