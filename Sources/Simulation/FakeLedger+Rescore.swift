import FlowCore
import HuntCore

/// A row of `cairn.rescore`.
public struct RescoreEntry: Equatable, Sendable {
    public var epoch: Int64
    /// Refused scans up to this one are judged again.
    public var judged: RecordPlace?
    public var isReviewed = false
    /// Players up to `counted` are counted anew; those up to `published` are told as well.
    public var counted = ""
    public var published = ""

    init(epoch: Int64) { self.epoch = epoch }
}

/// What became of one transaction of a rescore.
enum RescoreStep<Value> {
    case done(Value)
    /// There is nothing left of this kind.
    case finished
    /// The work belongs to another run, or the rules are not the ones that it counts by.
    case takenOver
}

/// The transactions of a rescore, as Storage's `Rescore` and `RefusalReview` run them.
extension FakeLedger {
    /// - Returns: the row as it is from now on; nil when nothing is pending.
    func takeOverRescore(of huntID: Int32) -> RescoreEntry? {
        rescores[huntID]?.epoch += 1
        return rescores[huntID]
    }

    private func isOurs(_ rules: HuntRules, _ epoch: Int64) -> Bool {
        rescores[rules.huntID]?.epoch == epoch && hunts[rules.huntID]?.rulesVersion == rules.rulesVersion
    }

    // MARK: Refusals

    private static let reviewed: Set<String> = [
        RefusalReason.outsideWindow.name, RefusalReason.tooLate.name, RefusalReason.unknownTag.name,
    ]

    /// Judges the next refused scans again.
    ///
    /// - Returns: how many became facts or repeats, and how many are refused for another reason.
    func reviewRefusals(_ rules: HuntRules, epoch: Int64, most: Int) -> RescoreStep<(accepted: Int, renamed: Int)> {
        guard isOurs(rules, epoch), let row = rescores[rules.huntID] else { return .takenOver }
        if row.isReviewed { return .finished }
        let page = refused.filter { Self.reviewed.contains($0.value.reason) && $0.value.value != nil }.keys.sorted()
            .filter { place in row.judged.map { place > $0 } ?? true }.prefix(most)
        guard let last = page.last else {
            rescores[rules.huntID]?.isReviewed = true
            return .finished
        }
        var accepted: [(place: RecordPlace, scan: SampleScan, checkpoint: Int)] = []
        var renamed: [RecordPlace] = []
        for place in page {
            guard let entry = refused[place], let scan = entry.value.flatMap({ SampleScan(line: $0) }),
                scan.hunt == rules.definition.slug, !scan.isPoisonous
            else { continue }
            let tag = scan.tag.utf8.withContiguousStorageIfAvailable { TagUID(hex: UnsafeRawBufferPointer($0)) }
            let verdict = rules.judge(
                tag: (tag ?? nil) ?? .none, scannedAt: scan.scannedAt, receivedAt: entry.receivedAt)
            switch verdict {
            case .checkpoint(let checkpoint): accepted.append((place, scan, checkpoint))
            case .refused(let reason):
                if reason.name == entry.reason { continue }
                rename(place, entry, reason.name)
                renamed.append(place)
            }
        }
        for one in accepted { accept(one.place, one.scan, rules.checkpointID(at: one.checkpoint), of: rules.huntID) }
        touch(Set(accepted.map { PlayerID(hunt: rules.huntID, player: $0.scan.player) }))
        rescores[rules.huntID]?.judged = last
        onEffect(.reviewed(accepted.map(\.place) + renamed))
        return .done((accepted.count, renamed.count))
    }

    private func rename(_ place: RecordPlace, _ entry: RefusedEntry, _ reason: String) {
        refusedCounts[RefusalHour(reason: entry.reason, hour: entry.hour), default: 0] -= 1
        refusedCounts[RefusalHour(reason: reason, hour: entry.hour), default: 0] += 1
        refused[place]?.reason = reason
    }

    private func accept(_ place: RecordPlace, _ scan: SampleScan, _ checkpoint: Int32, of huntID: Int32) {
        let player = PlayerID(hunt: huntID, player: scan.player)
        let entry = FactEntry(
            scannedAt: scan.scannedAt, eventID: scan.eventID, reader: scan.reader, place: place)
        let isFirst = facts[player]?[checkpoint] == nil
        let isWritten = write(FlushImage.FactLine(isNew: false, player: player, checkpoint: checkpoint, entry: entry))
        if isWritten { reviewedPlayers.insert(player) }
        if let refusal = refused.removeValue(forKey: place) {
            refusedCounts[RefusalHour(reason: refusal.reason, hour: refusal.hour), default: 0] -= 1
        }
        guard var lease = leases[place.partition], lease.next > place.offset else { return }
        lease.counts.refusals -= 1
        if isWritten && isFirst {
            lease.counts.first += 1
        } else if isWritten {
            lease.counts.earlier += 1
        } else {
            lease.counts.repeats += 1
        }
        leases[place.partition] = lease
    }

    /// The next flush of these players is computed anew; one without a row gets it.
    private func touch(_ players: Set<PlayerID>) {
        for player in players where reviewedPlayers.contains(player) {
            var row = scores[player] ?? ScoreEntry(tally: .zero, version: 0, factsSeq: 0, updatedAt: epochMs)
            row.factsSeq += 1
            scores[player] = row
        }
        reviewedPlayers = []
    }

    // MARK: Players

    struct Recounted {
        /// Of the batch, by the order of ids.
        let last: String
        let changed: Int
        /// Whom the world has to be told of.
        let players: [PlayerID]
    }

    /// Counts the next players after `position` by the new rules.
    ///
    /// - Parameter countedBefore: players up to here an earlier run counted and perhaps did not tell.
    func recount(
        _ rules: HuntRules, epoch: Int64, after position: String, countedBefore: String, most: Int
    ) -> RescoreStep<Recounted> {
        guard isOurs(rules, epoch) else { return .takenOver }
        let after = PlayerID(hunt: rules.huntID, player: position)
        let players = Array(scores.keys.filter { $0.hunt == rules.huntID && $0 > after }.sorted().prefix(most))
        guard let last = players.last else { return .finished }
        let changed = Set(players.filter { recount($0) })
        let before = PlayerID(hunt: rules.huntID, player: countedBefore)
        rescores[rules.huntID]?.counted = max(last, before).player
        rescores[rules.huntID]?.published = position
        onEffect(.recounted(players))
        return .done(
            Recounted(
                last: last.player, changed: changed.count,
                players: players.filter { changed.contains($0) || !(before < $0) }))
    }

    /// Everything is counted and told.
    ///
    /// - Returns: whether the work was still this run's.
    func finishRescore(_ rules: HuntRules, epoch: Int64) -> Bool {
        guard isOurs(rules, epoch) else { return false }
        rescores[rules.huntID] = nil
        return true
    }
}
