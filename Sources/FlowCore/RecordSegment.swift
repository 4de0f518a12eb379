import HuntCore

/// A stretch of bytes in a segment's arena.
public struct ArenaSlice: Sendable {
    public var start: UInt32
    public var count: UInt32

    static let empty = ArenaSlice(start: 0, count: 0)

    @inline(__always)
    func bytes(from arena: UnsafeRawPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: arena + Int(start), count: Int(count))
    }
}

/// One record as a lane keeps it from decoding until its batch has committed: what any later decision may need, so
/// that a batch can be decided again when the definitions or a player's state turn out to have changed.
public struct LaneRecord {
    public let offset: Int64
    /// Epoch milliseconds of the record; -1 when it carries none.
    public let receivedAt: Int64
    /// Epoch milliseconds; 0 for a refused record.
    public let scannedAt: Int64
    public let tag: TagUID
    /// The first 1,024 bytes of the value at most.
    public let value: ArenaSlice
    public let hunt: ArenaSlice
    public let player: ArenaSlice
    public let eventID: ArenaSlice
    /// Empty when the scan names none.
    public let reader: ArenaSlice
    /// Set by the decoder, or by a ledger that cannot store this very record.
    public internal(set) var refusal: RefusalReason?
    public internal(set) var detail: StaticString

    /// Decided for the present batch: a checkpoint's index, or -1 minus the raw value of a refusal's reason.
    var verdict: Int32 = 0
    /// The database id of the hunt, where the record is accepted.
    var huntID: Int32 = 0
    /// The player's slot in the table, where the record is accepted.
    var slot: UInt32 = 0
    /// The player's hash in the table, where the record is accepted.
    var hash: UInt64 = 0
}

/// Records of one partition in the order of their offsets, with their bytes. It grows with what is appended, which the
/// lane bounds, and is reused for ever.
public final class RecordSegment {
    /// Contracts.md section 1: the part of a refused value that is kept.
    public static let valueBytesKept = 1024

    // Unchecked: every access is instantaneous, and there are several for each scan.
    @exclusivity(unchecked) public private(set) var count = 0
    /// Records that memory is there for.
    @exclusivity(unchecked) private(set) var capacity: Int
    @exclusivity(unchecked) private var records: UnsafeMutablePointer<LaneRecord>
    @exclusivity(unchecked) private var arena: UnsafeMutableRawBufferPointer
    @exclusivity(unchecked) private var arenaUsed = 0

    /// - Parameter capacity: records to have memory for at once; 1 or more.
    public init(capacity: Int) {
        self.capacity = capacity
        records = .allocate(capacity: capacity)
        arena = Self.arena(for: capacity)
    }

    deinit {
        records.deallocate()
        arena.deallocate()
    }

    public subscript(position: Int) -> LaneRecord {
        @inline(__always) unsafeAddress {
            precondition(position < count, "no such record")
            return UnsafePointer(records + position)
        }
    }

    @inline(__always)
    func pointer(at position: Int) -> UnsafeMutablePointer<LaneRecord> {
        precondition(position < count, "no such record")
        return records + position
    }

    /// Of the records; valid until the segment is cleared or appended to, as is the next.
    var base: UnsafePointer<LaneRecord> { UnsafePointer(records) }
    /// Of the bytes that slices point into.
    var arenaBase: UnsafeRawPointer { UnsafeRawPointer(arena.baseAddress!) }

    /// The bytes of a slice; valid until the segment is cleared or appended to.
    @inline(__always)
    public func bytes(_ slice: ArenaSlice) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: arena[Int(slice.start)..<Int(slice.start &+ slice.count)])
    }

    /// Adds an accepted record. The scan's fields are copied once: those inside the kept part of the value by
    /// reference to it.
    public func append(_ scan: ScanView, value: UnsafeRawBufferPointer, offset: Int64, receivedAt: Int64) {
        if count == capacity { grow() }
        let kept = UnsafeRawBufferPointer(rebasing: value[0..<min(value.count, Self.valueBytesKept)])
        let place = copy(kept)
        (records + count).initialize(
            to: LaneRecord(
                offset: offset, receivedAt: receivedAt, scannedAt: scan.scannedAt, tag: scan.tag, value: place,
                hunt: intern(scan.hunt, of: kept, at: place), player: intern(scan.player, of: kept, at: place),
                eventID: intern(scan.eventID, of: kept, at: place), reader: intern(scan.reader, of: kept, at: place),
                refusal: nil, detail: ""))
        count += 1
    }

    /// Adds a record that the decoder refused.
    public func append(
        refused reason: RefusalReason, detail: StaticString, value: UnsafeRawBufferPointer?, offset: Int64,
        receivedAt: Int64
    ) {
        if count == capacity { grow() }
        var place = ArenaSlice.empty
        if let value {
            place = copy(UnsafeRawBufferPointer(rebasing: value[0..<min(value.count, Self.valueBytesKept)]))
        }
        (records + count).initialize(
            to: LaneRecord(
                offset: offset, receivedAt: receivedAt, scannedAt: 0, tag: .none, value: place, hunt: .empty,
                player: .empty, eventID: .empty, reader: .empty, refusal: reason, detail: detail))
        count += 1
    }

    /// Forgets all records; keeps their memory unless it is for twice as many as `limit` or more.
    public func removeAll(keeping limit: Int = .max) {
        count = 0
        arenaUsed = 0
        if capacity / 2 < limit { return }
        records.deallocate()
        arena.deallocate()
        capacity = limit
        records = .allocate(capacity: limit)
        arena = Self.arena(for: limit)
    }

    private func grow() {
        let larger = UnsafeMutablePointer<LaneRecord>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: records, count: count)
        records.deallocate()
        records = larger
        capacity *= 2
    }

    /// Most scans are shorter than this.
    private static func arena(for capacity: Int) -> UnsafeMutableRawBufferPointer {
        .allocate(byteCount: capacity * 192, alignment: 8)
    }

    @inline(__always)
    private func intern(
        _ field: UnsafeRawBufferPointer, of value: UnsafeRawBufferPointer, at place: ArenaSlice
    ) -> ArenaSlice {
        guard let start = field.baseAddress, let valueStart = value.baseAddress else { return .empty }
        let distance = start - valueStart
        if distance >= 0 && distance + field.count <= value.count {
            return ArenaSlice(start: place.start + UInt32(distance), count: UInt32(field.count))
        }
        return copy(field)
    }

    @inline(__always)
    private func copy(_ bytes: UnsafeRawBufferPointer) -> ArenaSlice {
        guard let source = bytes.baseAddress else { return .empty }
        if arenaUsed + bytes.count > arena.count { grow(by: bytes.count) }
        (arena.baseAddress! + arenaUsed).copyMemory(from: source, byteCount: bytes.count)
        defer { arenaUsed += bytes.count }
        return ArenaSlice(start: UInt32(arenaUsed), count: UInt32(bytes.count))
    }

    /// Bounded all the same: a record brings at most its 1,024 kept bytes and four short fields.
    private func grow(by need: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: (arena.count + need) * 2, alignment: 8)
        larger.baseAddress!.copyMemory(from: arena.baseAddress!, byteCount: arenaUsed)
        arena.deallocate()
        arena = larger
    }
}
