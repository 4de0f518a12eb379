import HuntCore
import OrderIndex

@testable import ReadAPI

/// A board that a test moves, and the store that holds it.
final class Stage: Sendable {
    static let slug = "lisbon-2026"
    let store = BoardStore()

    init(huntID: Int32 = 1, ranking: HuntDefinition.Ranking = .firstToReach) {
        put(huntID: huntID, ranking: ranking)
    }

    /// Puts an empty board in the place of all.
    func put(huntID: Int32, ranking: HuntDefinition.Ranking = .firstToReach) {
        let checkpoint = HuntDefinition.Checkpoint(id: "a", tag: "04A1B2C3", points: 50)
        let definition = HuntDefinition(
            slug: Self.slug, opensAt: 0, closesAt: 1_000_000, ranking: ranking, checkpoints: [checkpoint])
        let hunt = BoardHunt(huntID: huntID, definition: definition, rulesVersion: 1, erasures: 0)
        let stamp = BoardStamp(asOf: 1000, version: 0, source: .primary)
        store.replace([Board(hunt, stamp, OrderIndex(seed: 7))])
    }

    /// No hunt is left.
    func clear() { store.replace([]) }

    /// One more change of a player; `unlocks` 0: it is not listed.
    func set(_ player: String, score: Int64, unlocks: Int32 = 1, at reachedAt: Int64 = 1) {
        store.board(Self.slug)?.change { state in
            guard let id = PlayerID(player) else { preconditionFailure("\(player) is no player") }
            let version = (state.index.value(of: id)?.version ?? 0) + 1
            let tally = Tally(score: score, unlocks: unlocks, reachedAt: reachedAt)
            precondition(state.index.apply(PlayerValue(player: id, tally: tally, version: version)) == .applied)
            state.stamp.version += 1
        }
    }

    /// Deletes a player's facts.
    func erase(_ player: String) {
        store.board(Self.slug)?.change { state in
            guard let id = PlayerID(player), let value = state.index.value(of: id) else { return }
            state.index.remove(id)
            state.stamp.version -= value.version
            state.hunt = BoardHunt(
                huntID: state.hunt.huntID, definition: state.hunt.definition, rulesVersion: state.hunt.rulesVersion,
                erasures: state.hunt.erasures + 1)
        }
    }

    func changeRules() {
        store.board(Self.slug)?.change { state in
            state.hunt = BoardHunt(
                huntID: state.hunt.huntID, definition: state.hunt.definition,
                rulesVersion: state.hunt.rulesVersion + 1, erasures: state.hunt.erasures)
        }
    }

    /// Time goes on, and nothing changes.
    func confirm(asOf: Int64) { store.board(Self.slug)?.change { $0.stamp.asOf = asOf } }

    var stateID: String { store.read(Self.slug) { "\($0.stateID)" } ?? "" }

    var players: Int { store.read(Self.slug) { $0.index.count } ?? 0 }

    /// What a reader must see.
    func first(_ top: Int) -> [ShownBoard.Entry] {
        let page = store.read(Self.slug) { $0.index.page(from: 0, limit: top, by: $0.ranking) } ?? []
        return page.map(ShownBoard.Entry.init)
    }
}
