import FlowCore
import HuntCore

/// What operators' commands did: rescores, erasures, deletions.
extension Auditor {
    func recounted(_ names: [PlayerID]) {
        for player in names {
            if count(player) { faults.mark(.playerRecounted) }
            compare(player)
        }
    }

    /// Refused scans that the present rules accept became facts, and the others changed their reason.
    func reviewed(_ places: [RecordPlace]) {
        var touched: Set<PlayerID> = []
        for place in places {
            guard let held = refusals[place] else {
                find("\(place): judged again, and it was not refused")
                continue
            }
            switch NaiveJudgement(of: held.record, by: ledger.hunts) {
            case .refused(let reason):
                refusals[place]?.reason = reason
                if ledger.refused[place]?.reason != reason.name { find("\(place): should be \(reason.name) now") }
            case .accepted(let player, let checkpoint, let fact):
                let (isNew, isFirst) = apply(fact, of: player, checkpoint: checkpoint, isLate: true)
                recount(place, isNew: isNew, isFirst: isFirst)
                refusals[place] = nil
                if ledger.refused[place] != nil { find("\(place): accepted now and still refused") }
                touched.insert(player)
            }
        }
        for player in touched { compare(player) }
        for (partition, lease) in leases {
            guard let row = ledger.leases[partition], row.counts != lease.counts else { continue }
            find("partition \(partition): counted \(row.counts) after a review, should be \(lease.counts)")
        }
    }

    private func recount(_ place: RecordPlace, isNew: Bool, isFirst: Bool) {
        guard var lease = leases[place.partition], lease.next > place.offset else { return }
        lease.counts.refusals -= 1
        if isFirst {
            lease.counts.first += 1
        } else if isNew {
            lease.counts.earlier += 1
        } else {
            lease.counts.repeats += 1
        }
        leases[place.partition] = lease
    }

    func erased(_ player: PlayerID) {
        let erased = players.removeValue(forKey: player)
        var older = former[player] ?? []
        // Versions that the player has come to again have refreshed the keys of before.
        for position in older.indices where older[position].version <= erased?.version ?? 0 {
            older[position].endedAtMs = time.nowMs
        }
        for var past in erased?.versions ?? [] {
            past.endedAtMs = past.endedAtMs ?? time.nowMs
            older.append(past)
        }
        former[player] = older
        forgive(player)
        compare(player)
        checkKey(of: player)
    }

    func deleted(_ names: [PlayerID]) {
        for player in names {
            players[player] = nil
            forgive(player)
            compare(player)
        }
    }

    private func forgive(_ player: PlayerID) {
        excused.remove(player)
        for partition in debts.keys { debts[partition]?.removeAll { $0.player == player } }
    }
}
