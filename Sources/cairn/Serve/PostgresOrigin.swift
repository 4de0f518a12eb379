import FlowCore
import HuntCore
import PostgresClient
import Reactor
import ReadAPI
import Storage

/// Postgres as the boards' origin: the primary for the state that it is in, replicas first for the rows.
///
/// The follower asks one question at a time and rests between them, whatever becomes of them. So it needs no breaker
/// and no budget, and its questions show the readers' guard who is alive.
@Reactor
final class PostgresOrigin: @Reactor BoardOrigin {
    /// A replica that is no further behind than this is asked before the primary, milliseconds.
    nonisolated static let currentMs: Int64 = 1_000

    private let backends: Backends
    private let cuts: CutReader
    private let loader: ScoreLoader
    /// Which of the replicas is asked first.
    private var turn = 0
    private let guarded: GuardedReads

    init(_ backends: Backends, cuts: CutReader, guarded: GuardedReads) {
        self.backends = backends
        self.cuts = cuts
        self.guarded = guarded
        loader = ScoreLoader(cuts: cuts)
    }

    func cut() async throws(TransientTrouble) -> CommittedCut {
        var trouble: PostgresError?
        for backend in [.primary] + backends.replicas {
            do throws(PostgresError) {
                let cut = try await cuts.read(backends[backend])
                guarded.seenAlive(backend)
                return cut
            } catch {
                trouble = trouble ?? error
            }
        }
        throw TransientTrouble(trouble?.description ?? "there is no Postgres to ask")
    }

    func load(
        _ extent: LoadExtent, begin: @Reactor (LoadHead) -> BoardLoad
    ) async throws(TransientTrouble) -> BoardLoad {
        var trouble: PostgresError?
        for backend in order {
            do throws(PostgresError) {
                var load: BoardLoad?
                try await loader.load(extent.rows, from: backends[backend]) { head in
                    load = begin(LoadHead(head, backend == .primary ? .primary : .replica))
                } row: { huntID, player, tally, version in
                    load?.add(huntID, player, tally, version)
                }
                if let load { return load }
            } catch {
                trouble = trouble ?? error
            }
        }
        throw TransientTrouble(trouble?.description ?? "there is no Postgres to ask")
    }

    /// Replicas that are nearly current, in turn; the primary; the other replicas.
    private var order: [BackendChoice.Backend] {
        turn += 1
        let current = guarded.replicas(within: Self.currentMs).map { BackendChoice.Backend.replica($0) }
        let start = current.isEmpty ? 0 : turn % current.count
        let late = backends.replicas.filter { !current.contains($0) }
        return current[start...] + current[..<start] + [.primary] + late
    }
}

extension LoadExtent {
    fileprivate var rows: ScoreLoader.Extent {
        switch self {
        case .all: .all
        case .changes(let since, let known): .changes(since: since, known: known)
        }
    }
}

extension LoadHead {
    fileprivate init(_ head: ScoreLoader.Head, _ source: BoardSource) {
        let hunts = head.hunts.map { hunt in
            BoardHunt(
                huntID: hunt.huntID, definition: hunt.definition, rulesVersion: hunt.rulesVersion,
                erasures: hunt.erasures)
        }
        self.init(cut: head.cut, hunts: hunts, whole: head.whole, source: source)
    }
}
