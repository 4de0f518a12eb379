import OrderIndex

/// What leads from the first players of one state to those of another.
///
/// To apply it: take out who is in `gone`, put each of `changed` in the place of the entry of the same player or beside
/// the others, and order them by score (more first), instant and player id. That gives exactly the newer state, however
/// many states lie between the two.
struct BoardDelta: Sendable {
    /// Those that are new among the first or differ, in the newer order.
    var changed: [RankedPlayer] = []
    /// Who is not among the first any more, in the older order.
    var gone: [PlayerID] = []

    /// O(top).
    ///
    /// - Parameter top: how many players are looked at in each, `1 ... BoardState.entriesMax`.
    init(from old: BoardState, to new: BoardState, top: Int) {
        var left: [PlayerID: RankedPlayer] = [:]
        left.reserveCapacity(top)
        for entry in old.entries.prefix(top) { left[entry.player] = entry }
        for entry in new.entries.prefix(top) {
            let known = left.removeValue(forKey: entry.player)
            if let known, known.isShown(as: entry) { continue }
            changed.append(entry)
        }
        guard !left.isEmpty else { return }
        for entry in old.entries.prefix(top) where left[entry.player] != nil { gone.append(entry.player) }
    }

    var isEmpty: Bool { changed.isEmpty && gone.isEmpty }
}

extension RankedPlayer {
    /// Whether an event says the same of both. The place is not told: it follows from the order.
    fileprivate func isShown(as other: RankedPlayer) -> Bool {
        rank == other.rank && version == other.version && tally == other.tally
    }
}
