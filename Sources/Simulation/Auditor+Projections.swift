import FlowCore
import HuntCore

/// What the feed and the hot tier tell the world: invariant 5.
extension Auditor {
    /// What a key or a record says must be a version that there was, with its very values.
    ///
    /// - Returns: that version; one of before the player's erasure where the present player has none such.
    private func find(_ version: Int64, _ tally: Tally, _ committedAt: Int64, of player: PlayerID) -> Past? {
        let isSame: (Past) -> Bool = { $0.version == version && $0.tally == tally && $0.committedAt == committedAt }
        return players[player]?.versions.last(where: isSame) ?? former[player]?.last(where: isSame)
    }

    // MARK: Feed

    func recordCame(of player: PlayerID, _ record: FakeFeed.Record?) {
        guard let record else {
            haunted.remove(player)
            return
        }
        if ledger.hunts[player.hunt] == nil { return }
        guard let past = find(record.version, record.tally, record.committedAt, of: player) else {
            return find("\(player): the feed got \(record), which never was")
        }
        if let entry = players[player], entry.versions.contains(past) {
            players[player]?.told = max(entry.told, record.version)
        } else if feed.newest[player] == record {
            haunted.insert(player)
        }
    }

    // MARK: Hot tier

    /// A reader may miss a change for a while; once it has seen one, the key does not take it back.
    func keyWritten(of player: PlayerID, _ entry: FakeCache.Entry, over before: FakeCache.Entry?) {
        if let before, before.version > entry.version {
            find("\(player): the key goes back from version \(before.version) to \(entry.version)")
        }
        if ledger.hunts[player.hunt] == nil { return }
        guard find(entry.version, entry.tally, entry.committedAt, of: player) != nil else {
            return find("\(player): a key says \(entry), which never was")
        }
        checkKey(of: player)
    }

    /// A present key lags by its time to live at most, which counts from the arrival of the call.
    func checkKey(of player: PlayerID) {
        guard let entry = cache.entry(of: player),
            let past = find(entry.version, entry.tally, entry.committedAt, of: player),
            let endedAtMs = past.endedAtMs
        else { return }
        // An erased player who has come to the same version again refreshes the key of before.
        if players[player]?.versions.contains(past) == false && past.version <= players[player]?.version ?? 0 { return }
        if entry.expiresAtMs > endedAtMs + scoreTTLMs + faults.latencyMostMs {
            find(
                "\(player): the key of version \(entry.version), superseded at \(endedAtMs), lives until "
                    + "\(entry.expiresAtMs)")
        }
    }
}
