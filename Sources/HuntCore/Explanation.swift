/// Why a player has the score it has: what counts and since when, and what does not count yet and what it lacks.
///
/// It is computed apart from `standing(of:in:)` and from `HuntRules.tally`, in one pass over the requirements, so that
/// an explanation of a large hunt is no slower than its definition is long.
///
/// - Source: contracts.md section 3.
public struct Explanation: Equatable, Sendable {
    /// A checkpoint that counts.
    public struct Contribution: Equatable, Sendable {
        /// The scan that names the event.
        public var first: AcceptedScan
        public var points: Int64
        /// When it counted, epoch milliseconds: never before `first.scannedAt`, later when a requirement came later.
        public var at: Int64
    }

    /// A trail of which at least one checkpoint counts.
    public struct Trail: Equatable, Sendable {
        public var id: String
        public var bonus: Int64
        /// When its last checkpoint counted, epoch milliseconds; nil: it is not complete and pays nothing.
        public var at: Int64?
        /// Its checkpoints that do not count, in the trail's order; empty when it is complete.
        public var missing: [String]
    }

    /// A checkpoint that was scanned but does not count.
    public struct Waiting: Equatable, Sendable {
        /// The scan that names the event.
        public var first: AcceptedScan
        /// What it will be worth.
        public var points: Int64
        /// Those it directly requires that do not count, in the order of `requires`; at least one.
        public var requires: [String]
        /// What the player must still scan for it to count: everything that it requires, or that a requirement of it
        /// requires, and so on, and that was never scanned. In the order of the definition; at least one.
        public var toScan: [String]
    }

    /// By `at`; on equal times a checkpoint comes after those that it requires.
    public var contributions: [Contribution]
    /// The complete ones by `at`, then the others; otherwise in the order of the definition.
    public var trails: [Trail]
    /// By the time of the scan, otherwise in the order of the definition.
    public var waiting: [Waiting]

    /// - Parameters:
    ///   - scans: accepted scans of one player. They may repeat and come in any order; those of checkpoints that the
    ///     definition does not have are ignored.
    ///   - definition: one that obeys section 2 of contracts.md, else this traps.
    /// - Complexity: O(scans + requirements + trails), and O(requirements) for each waiting checkpoint.
    public init(of scans: [AcceptedScan], in definition: HuntDefinition) {
        let map = RequirementMap(definition)
        let firsts = map.firsts(of: scans)
        let counted = map.counted(firsts)
        contributions = map.order.compactMap { position in
            guard let first = firsts[position], let at = counted[position] else { return nil }
            return Contribution(first: first, points: definition.checkpoints[position].points, at: at)
        }
        contributions.sortKeepingOrder { $0.at < $1.at }
        trails = definition.trails.compactMap { map.progress(of: $0, counted) }
        trails.sortKeepingOrder { ($0.at ?? .max) < ($1.at ?? .max) }
        waiting = definition.checkpoints.indices.compactMap { position in
            guard let first = firsts[position], counted[position] == nil else { return nil }
            let checkpoint = definition.checkpoints[position]
            return Waiting(
                first: first, points: checkpoint.points,
                requires: map.requires[position].filter { counted[$0] == nil }.map { definition.checkpoints[$0].id },
                toScan: map.missing(for: position, firsts).map { definition.checkpoints[$0].id })
        }
        waiting.sortKeepingOrder { $0.first.scannedAt < $1.first.scannedAt }
    }

    /// Points of the contributions.
    public var points: Int64 {
        contributions.reduce(0) { $0 + $1.points }
    }

    /// Bonuses of the complete trails.
    public var bonuses: Int64 {
        trails.reduce(0) { $0 + ($1.at == nil ? 0 : $1.bonus) }
    }

    /// What a score row must say.
    public var tally: Tally {
        var tally = Tally.zero
        for contribution in contributions { tally.add(worth: contribution.points, at: contribution.at) }
        for trail in trails { if let at = trail.at { tally.add(worth: trail.bonus, at: at) } }
        tally.unlocks = Int32(contributions.count)
        return tally
    }
}

extension Array {
    /// Sorts; elements of which neither precedes the other keep their order.
    fileprivate mutating func sortKeepingOrder(by precedes: (Element, Element) -> Bool) {
        self = enumerated().sorted { left, right in
            if precedes(left.element, right.element) { return true }
            return !precedes(right.element, left.element) && left.offset < right.offset
        }.map(\.element)
    }
}
