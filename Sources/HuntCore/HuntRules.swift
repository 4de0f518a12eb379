/// A hunt's definition compiled for speed: judges scans and tallies facts without allocation. Immutable.
///
/// Checkpoints are named by an index: the position in an order in which each one comes after all it requires,
/// otherwise as the definition has them. An index belongs to this one object; what is kept carries the database id.
public final class HuntRules: Sendable {
    /// The database id.
    public let huntID: Int32
    public let slug: [UInt8]
    public let definition: HuntDefinition
    public let rulesVersion: Int32
    /// How many times facts of this hunt were deleted, as the database counts it.
    public let erasures: Int64
    public let checkpointCount: Int
    /// True when no checkpoint requires another and there is no trail: then a first fact only adds.
    public let isPlain: Bool

    /// What `tally` knows of a checkpoint.
    struct Row {
        var points: Int64
        /// Its part of `requires`: indexes of checkpoints.
        var requires: Range<Int32>
        /// Its part of `trailsOf`: numbers of trails.
        var trails: Range<Int32>
        /// Nothing depends on it, nor it on anything.
        var isLone: Bool
    }

    struct TrailRow {
        var size: Int
        var bonus: Int64
    }

    // Memory of this object alone, written by `init` and freed by `deinit`, hence safe to share.
    @usableFromInline nonisolated(unsafe) let slugBytes: UnsafeRawBufferPointer
    @usableFromInline nonisolated(unsafe) let tags: TagTable
    nonisolated(unsafe) let rows: UnsafeMutablePointer<Row>
    nonisolated(unsafe) let requires: UnsafeMutablePointer<Int32>
    nonisolated(unsafe) let trailsOf: UnsafeMutablePointer<Int32>
    nonisolated(unsafe) let trails: UnsafeMutablePointer<TrailRow>
    let trailCount: Int
    @usableFromInline let opensAt: Int64
    @usableFromInline let closesAt: Int64
    @usableFromInline let lastArrival: Int64
    private let checkpointIDs: [Int32]
    /// (id, index), sorted by id.
    private let indexes: [(id: Int32, index: Int32)]

    /// - Parameters:
    ///   - huntID: the database id of the hunt.
    ///   - rulesVersion: the version of the definition, as the database counts it.
    ///   - definition: one that obeys section 2 of contracts.md; the hunt file's parser and the database see to that,
    ///     so anything else is a bug and traps.
    ///   - checkpointIDs: parallel to `definition.checkpoints`: their database ids, unique.
    public init(
        huntID: Int32, rulesVersion: Int32, definition: HuntDefinition, checkpointIDs: [Int32], erasures: Int64 = 0
    ) {
        precondition(checkpointIDs.count == definition.checkpoints.count, "one id for each checkpoint")
        self.huntID = huntID
        self.rulesVersion = rulesVersion
        self.erasures = erasures
        self.definition = definition
        slug = Array(definition.slug.utf8)
        let name = UnsafeMutableRawBufferPointer.allocate(byteCount: slug.count, alignment: 8)
        name.copyBytes(from: slug)
        slugBytes = UnsafeRawBufferPointer(name)
        checkpointCount = definition.checkpoints.count
        opensAt = definition.opensAt
        closesAt = definition.closesAt
        lastArrival = definition.closesAt + definition.lateGrace

        let plan = HuntPlan(definition)
        trailCount = plan.trails.count
        isPlain = plan.requires.isEmpty && plan.trails.isEmpty
        tags = TagTable(plan.slots)
        rows = Self.copy(plan.rows)
        requires = Self.copy(plan.requires)
        trailsOf = Self.copy(plan.trailsOf)
        trails = Self.copy(plan.trails)
        let ids = plan.order.map { checkpointIDs[$0] }
        self.checkpointIDs = ids
        indexes = ids.indices.map { (ids[$0], Int32($0)) }.sorted { $0.id < $1.id }
        precondition(zip(indexes, indexes.dropFirst()).allSatisfy { $0.id < $1.id }, "an id of two checkpoints")
    }

    deinit {
        slugBytes.deallocate()
        tags.free()
        rows.deallocate()
        requires.deallocate()
        trailsOf.deallocate()
        trails.deallocate()
    }

    private static func copy<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        memory.initialize(from: elements, count: elements.count)
        return memory
    }

    /// Whether the hunt's slug has these bytes.
    @inlinable
    public func isNamed(_ name: UnsafeRawBufferPointer) -> Bool { slugBytes.isEqual(to: name) }

    /// The database id of the checkpoint at an index.
    public func checkpointID(at index: Int) -> Int32 { checkpointIDs[index] }

    /// The index of the checkpoint with a database id, or nil when the hunt has none such.
    ///
    /// - Complexity: O(log checkpoints)
    public func index(ofCheckpointID id: Int32) -> Int? {
        var low = 0
        var high = indexes.count
        while low < high {
            let middle = (low + high) / 2
            if indexes[middle].id < id { low = middle + 1 } else { high = middle }
        }
        guard low < indexes.count, indexes[low].id == id else { return nil }
        return Int(indexes[low].index)
    }

    /// `0 ... 1_000_000`
    public func points(at index: Int) -> Int64 {
        precondition(index >= 0 && index < checkpointCount, "no such checkpoint")
        return rows[index].points
    }

    /// Tells whether a scan is accepted: `unknownTag`, `fromTheFuture`, `outsideWindow`, `tooLate`, tested in this
    /// order.
    ///
    /// - Parameters:
    ///   - scannedAt: epoch milliseconds, `0 ... Timestamp.latest`.
    ///   - receivedAt: epoch milliseconds, of any size.
    /// - Source: contracts.md section 1. Windows are half open.
    @inlinable
    public func judge(tag: TagUID, scannedAt: Int64, receivedAt: Int64) -> Verdict {
        guard let slot = tags.find(tag) else { return .refused(.unknownTag) }
        if scannedAt - HuntLimits.futureMax > receivedAt { return .refused(.fromTheFuture) }
        // A checkpoint's window lies in the hunt's.
        if scannedAt < slot.pointee.opensAt || scannedAt >= slot.pointee.closesAt { return .refused(.outsideWindow) }
        if receivedAt > lastArrival { return .refused(.tooLate) }
        return .checkpoint(Int(slot.pointee.checkpoint))
    }
}
