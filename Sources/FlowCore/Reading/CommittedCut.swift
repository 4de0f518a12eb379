/// How far one partition of scans is counted, at one moment.
public struct LeaseMark: Sendable, Equatable {
    public let partition: Int32
    /// Scans below it are counted.
    public let nextOffset: Int64
    /// Versions of players that were made on the way there.
    public let changes: Int64

    public init(partition: Int32, nextOffset: Int64, changes: Int64) {
        self.partition = partition
        self.nextOffset = nextOffset
        self.changes = changes
    }
}

/// A committed state of the database, told by what a reader of the feed can measure himself against: a change of a score
/// belongs to the state exactly when the scan that brought it lies below its partition's mark, and there are as many of
/// them as the marks count.
public struct CommittedCut: Sendable, Equatable {
    /// Epoch milliseconds: everything that was committed until then belongs to the state.
    public let asOf: Int64
    /// Of the definitions.
    public let generation: Int64
    /// How often players of any hunt were erased.
    public let erasures: Int64
    /// Whether a command counts or deletes players in batches, which leases do not count.
    public let isUnderUpkeep: Bool
    /// Changes by leases of other topics and groups, whose scans the marks do not know.
    public let foreignChanges: Int64
    /// Of the topic and group that are followed, by partition.
    public let marks: [LeaseMark]

    public init(
        asOf: Int64, generation: Int64, erasures: Int64, isUnderUpkeep: Bool, foreignChanges: Int64,
        marks: [LeaseMark]
    ) {
        self.asOf = asOf
        self.generation = generation
        self.erasures = erasures
        self.isUnderUpkeep = isUnderUpkeep
        self.foreignChanges = foreignChanges
        self.marks = marks
    }

    /// All changes that leases count.
    public var changes: Int64 { marks.reduce(foreignChanges) { $0 + $1.changes } }
}
