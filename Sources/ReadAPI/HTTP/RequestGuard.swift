import FlowCore
import NIOCore
import Synchronization

/// Turns away what is too much, before it costs anything.
final class RequestGuard: Sendable {
    /// Why a request was turned away.
    enum Kind: String, CaseIterable, Sendable { case client, overall, waiting, streams }

    /// What is counted, for the page.
    struct Report: Sendable {
        var refused: [Kind: Int]
        var tokens: Int
        var clients: Int
        var waiting: Int
        var streams: Int
    }

    private let limits: ReadLimits
    private let buckets: Mutex<ClientBuckets>
    private let waiting = Atomic<Int>(0)
    private let streams = Atomic<Int>(0)
    private let waitingRefused = Atomic<Int>(0)
    private let streamsRefused = Atomic<Int>(0)

    /// - Parameter seed: unknown to clients.
    init(_ limits: ReadLimits, seed: UInt64) {
        self.limits = limits
        buckets = Mutex(
            ClientBuckets(
                perClient: .aboveSteady(perSecond: limits.clientRate),
                overall: .aboveSteady(perSecond: limits.steadyRate), seed: seed))
    }

    static func nowMs() -> Int64 { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }

    /// Takes a token for one request.
    func admit(_ client: ClientKey, nowMs: Int64) throws(Problem) {
        switch buckets.withLock({ $0.take(client, nowMs: nowMs) }) {
        case .allowed: return
        case .clientRefused(let ms):
            throw Problem(
                .tooManyRequests,
                "this address has asked more than \(limits.clientRate) times a second: ask less often",
                retryAfter: RetryAfter.seconds(ms: ms))
        case .overallRefused(let ms):
            throw Problem(
                .tooManyRequests, "all clients together ask more than this server takes: ask again later",
                retryAfter: RetryAfter.seconds(ms: ms))
        }
    }

    /// Runs what waits for something else than memory, unless too many do.
    func whileWaiting<Value>(_ body: () async throws(Problem) -> Value) async throws(Problem) -> Value {
        let isFull = waiting.wrappingAdd(1, ordering: .relaxed).newValue > limits.waitingMax
        defer { waiting.wrappingSubtract(1, ordering: .relaxed) }
        if isFull {
            waitingRefused.wrappingAdd(1, ordering: .relaxed)
            throw Problem(
                .overloaded, "\(limits.waitingMax) requests wait already: ask again in a second", retryAfter: 1)
        }
        return try await body()
    }

    /// Takes one of the streams there may be; `streamEnded` gives it back.
    func beginStream() throws(Problem) {
        if streams.wrappingAdd(1, ordering: .relaxed).newValue <= limits.streamsMax { return }
        streams.wrappingSubtract(1, ordering: .relaxed)
        throw streamsFull()
    }

    func streamEnded() { streams.wrappingSubtract(1, ordering: .relaxed) }

    func streamsFull() -> Problem {
        streamsRefused.wrappingAdd(1, ordering: .relaxed)
        return Problem(
            .tooManyStreams, "as many streams are open as this server takes: poll the board, and come back later",
            retryAfter: 5)
    }

    func report(nowMs: Int64) -> Report {
        let (counters, tokens, clients) = buckets.withLock { ($0.counters, $0.overallTokens(nowMs: nowMs), $0.count) }
        return Report(
            refused: [
                .client: counters.clientRefused, .overall: counters.overallRefused,
                .waiting: waitingRefused.load(ordering: .relaxed), .streams: streamsRefused.load(ordering: .relaxed),
            ], tokens: Int(tokens), clients: clients, waiting: waiting.load(ordering: .relaxed),
            streams: streams.load(ordering: .relaxed))
    }
}
