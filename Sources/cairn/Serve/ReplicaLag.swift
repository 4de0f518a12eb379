import FlowCore
import PostgresClient
import ReadAPI
import Reactor
import Storage

/// How far replicas are behind the primary, by the position of its log: a replica that has replayed what the primary
/// had written at some moment holds everything committed until then. Clocks and idle times play no part in it.
@Reactor
final class ReplicaLag {
    /// A replica that is no more behind than this is asked before the primary, milliseconds.
    static let currentMs: Int64 = 1_000
    private static let everyMs: Int64 = 1_000
    /// Moments that are remembered: 2 minutes.
    private static let momentsMax = 240

    private let backends: Backends
    private let cuts: CutReader
    private let guarded: GuardedReads
    /// Positions of the primary's log and when it had at least come there, one each half second.
    private var moments: [(position: Int64, atMs: Int64)] = []
    /// By replica, milliseconds; nil when nobody knows.
    private var lags: [Int64?]
    private var turn = 0
    private var isStopped = false

    init(_ backends: Backends, cuts: CutReader, guarded: GuardedReads) {
        self.backends = backends
        self.cuts = cuts
        self.guarded = guarded
        lags = backends.replicas.map { _ in nil }
    }

    func start() {
        for number in lags.indices { Reactor.task { [self] in await watch(number) } }
    }

    func stop() { isStopped = true }

    /// News of the primary.
    func primaryIsAt(_ position: Int64) {
        let nowMs = Clock.monotonicMs()
        if let last = moments.last, nowMs - last.atMs < 500 { return }
        if moments.count == Self.momentsMax { moments.removeFirst() }
        moments.append((position, nowMs))
    }

    /// Replicas that hold nearly everything, in turn.
    var current: [BackendChoice.Backend] {
        turn += 1
        let found = lags.indices.filter { lags[$0].map { $0 <= Self.currentMs } ?? false }
        if found.isEmpty { return [] }
        let first = turn % found.count
        return (found[first...] + found[..<first]).map { .replica($0) }
    }

    /// The others, the one that is least behind first.
    var late: [BackendChoice.Backend] {
        lags.indices.filter { lags[$0].map { $0 > Self.currentMs } ?? true }
            .sorted { (lags[$0] ?? .max, $0) < (lags[$1] ?? .max, $1) }.map { .replica($0) }
    }

    private func watch(_ number: Int) async {
        while !isStopped {
            lags[number] = await lag(of: number)
            guarded.told(lagMs: lags[number], ofReplica: number)
            await Reactor.pause(ms: Self.everyMs)
        }
    }

    private func lag(of number: Int) async -> Int64? {
        guard let cut = try? await cuts.read(backends[.replica(number)]) else { return nil }
        let moment = moments.last { $0.position <= cut.logPosition }
        return moment.map { Clock.monotonicMs() - $0.atMs }
    }
}
