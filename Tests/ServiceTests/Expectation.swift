import HuntCore

/// What cairn must have made of the produced records, by the naive rules and nothing of cairn's tables.
struct Expectation {
    struct Score: Equatable {
        var score: Int64
        var unlocks: Int
        var reachedAt: Int64?
    }

    /// "hunt player" to its score; everyone with an accepted scan.
    private(set) var scores: [String: Score] = [:]
    /// "hunt player checkpoint" to "time event reader partition offset".
    private(set) var facts: [String: String] = [:]
    private(set) var refusals: [String: Int] = [:]
    /// "partition offset" to the reason.
    private(set) var refusedPlaces: [String: String] = [:]
    /// Places that the broker acknowledged twice: then nothing can be expected.
    private(set) var sharedPlaces = 0
    /// By partition: the offset after the last record, and the number of records.
    private(set) var ends: [Int32: Int64] = [:]
    private(set) var counts: [Int32: Int] = [:]
    /// Records whose outcome depends on when an import came in between.
    private(set) var undecided = 0
    /// Their players, who appear nowhere else.
    let undecidedPrefix: String?

    /// - Parameter undecidedPrefix: players whose records may be accepted or refused.
    init(_ records: [ProducedRecord], hunts: [HuntDefinition], undecidedPrefix: String? = nil) {
        self.undecidedPrefix = undecidedPrefix
        let judge = PlainJudge(hunts)
        var accepted: [String: [AcceptedScan]] = [:]
        var readers: [String: String] = [:]
        var places: Set<String> = []
        for record in records {
            let place = "\(record.partition) \(record.offset)"
            if !places.insert(place).inserted { sharedPlaces += 1 }
            ends[record.partition] = max(ends[record.partition] ?? 0, record.offset + 1)
            counts[record.partition, default: 0] += 1
            if let undecidedPrefix, case .scan(let scan) = record.content, scan.player.hasPrefix(undecidedPrefix) {
                undecided += 1
                continue
            }
            switch judge.judge(record) {
            case .refused(let reason):
                refusals[reason.name, default: 0] += 1
                refusedPlaces[place] = reason.name
            case .accepted(let checkpoint):
                guard case .scan(let scan) = record.content else { continue }
                readers[place] = scan.reader ?? "-"
                accepted["\(scan.hunt) \(scan.player)", default: []].append(
                    AcceptedScan(
                        checkpoint: checkpoint, scannedAt: scan.scannedAt, partition: record.partition,
                        offset: record.offset, eventID: scan.eventID))
            }
        }
        let bySlug = Dictionary(uniqueKeysWithValues: hunts.map { ($0.slug, $0) })
        for (player, scans) in accepted {
            guard let hunt = bySlug[String(player.prefix { $0 != " " })] else { continue }
            let standing = standing(of: scans, in: hunt)
            scores[player] = Score(score: standing.score, unlocks: standing.unlocks, reachedAt: standing.reachedAt)
            for visit in standing.visits {
                let first = visit.first
                let place = "\(first.partition) \(first.offset)"
                facts["\(player) \(visit.checkpoint)"] =
                    "\(first.scannedAt) \(first.eventID) \(readers[place] ?? "?") \(place)"
            }
        }
    }

    /// Adds what other players did in another log.
    mutating func add(_ other: Expectation) {
        scores.merge(other.scores) { $1 }
        facts.merge(other.facts) { $1 }
    }

    var recordCount: Int { counts.values.reduce(0, +) }
    var refusalCount: Int { refusals.values.reduce(0, +) }

    func isUndecided(player: some StringProtocol) -> Bool {
        undecidedPrefix.map { player.hasPrefix($0) } ?? false
    }
}
