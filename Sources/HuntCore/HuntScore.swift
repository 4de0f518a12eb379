/// One scan that was not refused.
public struct AcceptedScan: Hashable, Sendable {
    /// The checkpoint's id in the hunt file.
    public var checkpoint: String
    /// Epoch milliseconds.
    public var scannedAt: Int64
    public var partition: Int32
    public var offset: Int64
    public var eventID: String
    /// nil when the scan named none.
    public var reader: String?

    public init(
        checkpoint: String, scannedAt: Int64, partition: Int32, offset: Int64, eventID: String, reader: String? = nil
    ) {
        self.checkpoint = checkpoint
        self.scannedAt = scannedAt
        self.partition = partition
        self.offset = offset
        self.eventID = eventID
        self.reader = reader
    }

    /// Whether this scan and not the other one of the same checkpoint is the first: by time, then by place in the log.
    ///
    /// - Source: contracts.md section 3, `first(c)`.
    public func isBefore(_ other: AcceptedScan) -> Bool {
        (scannedAt, partition, offset) < (other.scannedAt, other.partition, other.offset)
    }
}

/// A player's score with everything that explains it.
public struct Standing: Equatable, Sendable {
    /// A checkpoint that the player found.
    public struct Visit: Equatable, Sendable {
        public var checkpoint: String
        /// The scan that names the event.
        public var first: AcceptedScan
        /// When it counted, epoch milliseconds; nil: it does not count.
        public var at: Int64?
        public var points: Int64
        /// The checkpoints it directly requires that do not count, in the order of `requires`; empty when it counts.
        public var waitsFor: [String]
    }

    /// A trail of which at least one checkpoint counts.
    public struct Progress: Equatable, Sendable {
        public var trail: String
        public var bonus: Int64
        /// The checkpoints that do not count, in the trail's order; empty when it is complete.
        public var missing: [String]
        /// The largest `at` of its checkpoints, epoch milliseconds; nil: it is not complete.
        public var at: Int64?
    }

    /// In the order of the definition.
    public var visits: [Visit]
    /// In the order of the definition.
    public var trails: [Progress]

    /// Points of the checkpoints that count and bonuses of the complete trails.
    public var score: Int64 {
        contributions.reduce(0) { $0 + $1.worth }
    }

    /// Epoch milliseconds of the last contribution worth more than 0; nil when there is none.
    public var reachedAt: Int64? {
        contributions.filter { $0.worth > 0 }.map(\.at).max()
    }

    /// The number of checkpoints that count. A player is listed when it is at least 1.
    public var unlocks: Int {
        visits.count { $0.at != nil }
    }

    /// As the worker keeps it.
    public var tally: Tally {
        Tally(score: score, unlocks: Int32(unlocks), reachedAt: reachedAt ?? -1)
    }

    private var contributions: [(worth: Int64, at: Int64)] {
        visits.compactMap { visit in visit.at.map { (visit.points, $0) } }
            + trails.compactMap { trail in trail.at.map { (trail.bonus, $0) } }
    }
}

/// Section 3 of contracts.md, written as plainly as possible: what a set of accepted scans of one player is worth.
///
/// It is the model that `HuntRules.tally` is tested against, and it explains scores to people. Scans may repeat and
/// come in any order; those of checkpoints that the definition does not have are ignored.
public func standing(of scans: [AcceptedScan], in definition: HuntDefinition) -> Standing {
    var first: [String: AcceptedScan] = [:]
    for scan in scans {
        if let known = first[scan.checkpoint], !scan.isBefore(known) { continue }
        first[scan.checkpoint] = scan
    }
    let scanned = definition.checkpoints.filter { first[$0.id] != nil }

    // The largest set in which everything required is: begin with all and take out what lacks something, to the end.
    var counted = Set(scanned.map(\.id))
    while let lacking = scanned.first(where: { counted.contains($0.id) && !counted.isSuperset(of: $0.requires) }) {
        counted.remove(lacking.id)
    }

    // The smallest times that obey the rule: begin with the first scans and raise to what is required, to the end.
    var at = first.filter { counted.contains($0.key) }.mapValues(\.scannedAt)
    var isSettled = false
    while !isSettled {
        isSettled = true
        for checkpoint in scanned {
            guard let own = at[checkpoint.id], let latest = checkpoint.requires.compactMap({ at[$0] }).max(),
                latest > own
            else { continue }
            at[checkpoint.id] = latest
            isSettled = false
        }
    }

    let visits = scanned.compactMap { checkpoint in
        first[checkpoint.id].map { scan in
            Standing.Visit(
                checkpoint: checkpoint.id, first: scan, at: at[checkpoint.id], points: checkpoint.points,
                waitsFor: checkpoint.requires.filter { !counted.contains($0) })
        }
    }
    let trails = definition.trails.filter { !counted.isDisjoint(with: $0.checkpoints) }.map { trail in
        let missing = trail.checkpoints.filter { !counted.contains($0) }
        let latest = trail.checkpoints.compactMap { at[$0] }.max()
        return Standing.Progress(
            trail: trail.id, bonus: trail.bonus, missing: missing, at: missing.isEmpty ? latest : nil)
    }
    return Standing(visits: visits, trails: trails)
}
