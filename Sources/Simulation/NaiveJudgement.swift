import HuntCore

/// What contracts.md section 1 says of a record, read word by word: the auditor's own judgement, which shares nothing
/// with the one that it checks.
enum NaiveJudgement: Equatable {
    case accepted(PlayerID, checkpoint: Int32, FactEntry)
    case refused(RefusalReason)

    init(of record: FakeRecord, by hunts: [Int32: StoredHunt]) {
        guard let scan = record.scan, record.timestampMs >= 0 else {
            self = .refused(.malformed)
            return
        }
        guard record.key == Array(scan.player.utf8) else {
            self = .refused(.wrongKey)
            return
        }
        guard let hunt = hunts.values.first(where: { $0.definition.slug == scan.hunt }) else {
            self = .refused(.unknownHunt)
            return
        }
        let tag = scan.tag.uppercased()
        guard let position = hunt.definition.checkpoints.firstIndex(where: { $0.tag == tag }) else {
            self = .refused(.unknownTag)
            return
        }
        if let reason = Self.reason(scan, record.timestampMs, hunt.definition, hunt.definition.checkpoints[position]) {
            self = .refused(reason)
            return
        }
        self = .accepted(
            PlayerID(hunt: hunt.huntID, player: scan.player), checkpoint: hunt.checkpointIDs[position],
            FactEntry(
                scannedAt: scan.scannedAt, eventID: scan.eventID, reader: scan.reader,
                place: RecordPlace(partition: record.partition, offset: record.offset)))
    }

    private static func reason(
        _ scan: SampleScan, _ receivedAt: Int64, _ hunt: HuntDefinition, _ checkpoint: HuntDefinition.Checkpoint
    ) -> RefusalReason? {
        if scan.scannedAt > receivedAt + 300_000 { return .fromTheFuture }
        let opensAt = max(checkpoint.opensAt ?? hunt.opensAt, hunt.opensAt)
        let closesAt = min(checkpoint.closesAt ?? hunt.closesAt, hunt.closesAt)
        if scan.scannedAt < opensAt || scan.scannedAt >= closesAt { return .outsideWindow }
        return receivedAt > hunt.closesAt + hunt.lateGrace ? .tooLate : nil
    }
}

extension FactEntry {
    /// Contracts.md section 3, `first(c)`: by time, then by place in the log.
    func isBefore(_ other: FactEntry) -> Bool {
        (scannedAt, place.partition, place.offset) < (other.scannedAt, other.place.partition, other.place.offset)
    }
}
