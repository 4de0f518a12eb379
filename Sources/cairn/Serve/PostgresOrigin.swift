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
    private let backends: Backends
    private let cuts: CutReader
    private let loader: ScoreLoader
    private let lag: ReplicaLag
    private let guarded: GuardedReads

    init(_ backends: Backends, cuts: CutReader, lag: ReplicaLag, guarded: GuardedReads) {
        self.backends = backends
        self.cuts = cuts
        self.lag = lag
        self.guarded = guarded
        loader = ScoreLoader(cuts: cuts)
    }

    func cut() async throws(TransientTrouble) -> CommittedCut {
        var trouble: PostgresError?
        for backend in [.primary] + backends.replicas {
            do throws(PostgresError) {
                let cut = try await cuts.read(backends[backend])
                guarded.seenAlive(backend)
                if backend == .primary { lag.primaryIsAt(cut.logPosition) }
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
        for backend in lag.current + [.primary] + lag.late {
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
