/// The last states of a board that streams have shown, so that a reader of any of them learns only what has changed.
///
/// Bounded: at most `statesMax` states of at most `BoardState.entriesMax` players, about 0.9 MB.
struct StreamHistory: Sendable {
    /// How a reader gets to the newest state.
    enum Way: Sendable {
        /// It is there.
        case none
        case delta(BoardDelta)
        /// Nothing is known of the state it has, or the rules have changed since: the newest state as a whole.
        case snapshot
    }

    static let statesMax = 64

    /// A ring: once it is full the oldest lies at `next`.
    private var states: [BoardState] = []
    private var next = 0

    /// nil before the first `append`.
    private(set) var newest: BoardState?

    mutating func append(_ state: BoardState) {
        newest = state
        if states.count < Self.statesMax {
            states.append(state)
        } else {
            states[next] = state
            next = (next + 1) % Self.statesMax
        }
    }

    /// O(states + top).
    ///
    /// - Parameters:
    ///   - id: the state that the reader has; nil: none.
    ///   - top: how many players it sees.
    func way(from id: BoardStateID?, top: Int) -> Way {
        guard let newest, let id else { return .snapshot }
        if id == newest.id { return .none }
        guard id.rulesVersion == newest.id.rulesVersion, let old = states.last(where: { $0.id == id }) else {
            return .snapshot
        }
        return .delta(BoardDelta(from: old, to: newest, top: top))
    }
}
