import FlowCore
import HuntCore

/// What must be true once nobody has anything left to do.
extension Auditor {
    /// - Returns: everything that is wrong, one line each; empty when all is well.
    public static func audit(_ world: SimulatedWorld) -> [String] {
        world.auditor.atRest()
        return world.violations
    }

    func atRest() {
        for player in Set(players.keys).union(ledger.scores.keys).union(ledger.facts.keys).sorted() {
            compare(player)
            checkRules(of: player)
        }
        for partition in 0..<log.partitionCount { checkLease(of: partition) }
        checkRefusals()
        checkFeed()
        for player in cache.entries.keys.sorted() { checkKey(of: player) }
        for hunt in ledger.hunts.values.sorted(by: { $0.huntID < $1.huntID }) { checkStandings(of: hunt) }
    }

    /// Invariant 2, by the rules as they are now.
    private func checkRules(of player: PlayerID) {
        guard let hunt = ledger.hunts[player.hunt], ledger.rescores[player.hunt] == nil else { return }
        let tally = FakeLedger.tally(players[player]?.facts ?? [:], in: hunt)
        if tally != ledger.scores[player]?.tally ?? .zero {
            find("\(player): \(ledger.scores[player]?.tally ?? .zero), by the present rules \(tally)")
        }
    }

    private func checkLease(of partition: Int32) {
        guard let row = ledger.leases[partition] else { return }
        let end = log.end(of: partition)
        if row.published != row.next || row.next != end {
            find("partition \(partition): published \(row.published), next \(row.next), the log ends at \(end)")
        }
        let sum = row.counts.first + row.counts.earlier + row.counts.repeats + row.counts.refusals
        if row.next - row.start != sum {
            find("partition \(partition): \(row.next - row.start) records, \(sum) counted")
        }
    }

    private func checkRefusals() {
        for place in Set(refusals.keys).union(ledger.refused.keys).sorted() {
            let held = ledger.refused[place]?.reason
            if held == refusals[place]?.reason.name || held == RefusalReason.unstorable.name { continue }
            find("\(place): refused as \(held ?? "-"), should be \(refusals[place]?.reason.name ?? "-")")
        }
        let counted = ledger.refusedCounts.values.reduce(0, +)
        if isWhole && counted != Int64(ledger.refused.count) {
            find("refusals: \(counted) counted, \(ledger.refused.count) kept")
        }
    }

    /// Invariant 5: the newest record of every player is the row.
    private func checkFeed() {
        for (player, score) in ledger.scores.sorted(by: { $0.key < $1.key }) {
            if excused.contains(player) || haunted.contains(player) || ledger.hunts[player.hunt] == nil { continue }
            let told = feed.newest[player]
            if score.version == 0 && told == nil { continue }
            if told?.version != score.version || told?.tally != score.tally || told?.committedAt != score.updatedAt {
                find("\(player): the feed says \(told.map { "\($0)" } ?? "nothing"), the ledger \(score)")
            }
        }
        for player in feed.newest.keys.sorted()
        where ledger.scores[player] == nil && ledger.hunts[player.hunt] != nil && !haunted.contains(player) {
            find("\(player): in the feed and not in the ledger")
        }
    }

    /// Present keys that are older than the ledger.
    public static func staleKeys(_ world: SimulatedWorld) -> [String] {
        world.cache.entries.sorted { $0.key < $1.key }.compactMap { player, entry in
            let version = world.ledger.scores[player]?.version
            return entry.version == version ? nil : "\(player): key version \(entry.version), ledger \(version ?? 0)"
        }
    }
}
