import HuntCore
import OrderIndex

/// The first players of a board in one committed state.
struct BoardState: Sendable {
    /// A stream shows so many players at most.
    static let entriesMax = 100

    let id: BoardStateID
    let ranking: HuntDefinition.Ranking
    /// How many players are listed in all.
    let players: Int
    /// In order, `entriesMax` at most.
    let entries: [RankedPlayer]

    init(_ view: BoardView) {
        id = view.stateID
        ranking = view.ranking
        players = view.index.count
        entries = view.index.page(from: 0, limit: Self.entriesMax, by: view.ranking)
    }
}
