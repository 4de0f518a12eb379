import FlowCore
import HuntCore
import PostgresClient
import Reactor
import ReadAPI
import Storage

/// Postgres as the boards' origin: the primary for the state that it is in, replicas first for the rows.
@Reactor
final class PostgresOrigin: @Reactor BoardOrigin {
    private let primary: PostgresPool
    private let replicas: [PostgresPool]
    private let cuts: CutReader
    private let loader: ScoreLoader
    /// Which replica is asked next.
    private var turn = 0

    init(primary: PostgresPool, replicas: [PostgresPool], cuts: CutReader) {
        self.primary = primary
        self.replicas = replicas
        self.cuts = cuts
        loader = ScoreLoader(cuts: cuts)
    }

    func cut() async throws(TransientTrouble) -> CommittedCut {
        var trouble: PostgresError?
        for pool in [primary] + inTurn {
            do throws(PostgresError) {
                return try await cuts.read(pool)
            } catch {
                trouble = trouble ?? error
            }
        }
        throw TransientTrouble(trouble?.description ?? "")
    }

    func load(
        _ extent: LoadExtent, begin: @Reactor (LoadHead) -> Void,
        row: @Reactor (Int32, UnsafeRawBufferPointer, Tally, Int64) -> Void
    ) async throws(TransientTrouble) {
        var trouble: PostgresError?
        for (pool, source) in inTurn.map({ ($0, BoardSource.replica) }) + [(primary, .primary)] {
            do throws(PostgresError) {
                return try await loader.load(
                    extent.rows, from: pool, begin: { begin(LoadHead($0, source)) }, row: row)
            } catch {
                trouble = error
            }
        }
        throw TransientTrouble(trouble?.description ?? "")
    }

    private var inTurn: [PostgresPool] {
        if replicas.isEmpty { return [] }
        turn = (turn + 1) % replicas.count
        return Array(replicas[turn...] + replicas[..<turn])
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
        self.init(cut: head.cut, hunts: head.hunts.map { BoardHunt($0) }, whole: head.whole, source: source)
    }
}

extension BoardHunt {
    init(_ hunt: DefinitionStore.StoredHunt) {
        self.init(
            huntID: hunt.huntID, definition: hunt.definition, rulesVersion: hunt.rulesVersion, erasures: hunt.erasures)
    }
}
