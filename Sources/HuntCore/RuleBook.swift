/// All hunts of one generation of the definitions. Immutable.
public final class RuleBook: Sendable {
    /// As the database counts changes of any definition.
    public let generation: Int64
    /// In the order given.
    public let hunts: [HuntRules]

    private struct Slot {
        var hash: UInt64
        /// The slug's bytes in `slugs`.
        var slug: UnsafeRawBufferPointer
        /// nil in an empty slot. Kept alive by `hunts`.
        var hunt: Unmanaged<HuntRules>?
    }

    // Memory of this object alone, written by `init` and freed by `deinit`, hence safe to share.
    nonisolated(unsafe) private let slots: UnsafeMutablePointer<Slot>
    nonisolated(unsafe) private let slugs: UnsafeMutableRawBufferPointer
    private let mask: Int
    private let positions: [Int32: Int]

    /// - Precondition: slugs and database ids are unique.
    public init(generation: Int64, hunts: [HuntRules]) {
        self.generation = generation
        self.hunts = hunts
        positions = Dictionary(uniqueKeysWithValues: hunts.indices.map { (hunts[$0].huntID, $0) })
        var capacity = 4
        while capacity < hunts.count * 2 { capacity *= 2 }
        mask = capacity - 1
        slots = .allocate(capacity: capacity)
        slots.initialize(
            repeating: Slot(hash: 0, slug: UnsafeRawBufferPointer(start: nil, count: 0), hunt: nil), count: capacity)
        slugs = .allocate(byteCount: hunts.reduce(0) { $0 + $1.slug.count }, alignment: 1)
        var used = 0
        for hunt in hunts {
            let target = UnsafeMutableRawBufferPointer(rebasing: slugs[used..<(used + hunt.slug.count)])
            target.copyBytes(from: hunt.slug)
            used += hunt.slug.count
            let slug = UnsafeRawBufferPointer(target)
            precondition(find(slug) == nil, "two hunts with one slug")
            let hash = Self.hash(slug)
            var place = Int(truncatingIfNeeded: hash) & mask
            while slots[place].hunt != nil { place = (place + 1) & mask }
            slots[place] = Slot(hash: hash, slug: slug, hunt: Unmanaged.passUnretained(hunt))
        }
    }

    deinit {
        slots.deallocate()
        slugs.deallocate()
    }

    /// The hunt with a slug, compared byte for byte. Does not allocate.
    public func hunt(slug: UnsafeRawBufferPointer) -> HuntRules? {
        find(slug)?.takeUnretainedValue()
    }

    private func find(_ slug: UnsafeRawBufferPointer) -> Unmanaged<HuntRules>? {
        let hash = Self.hash(slug)
        var place = Int(truncatingIfNeeded: hash) & mask
        while let hunt = slots[place].hunt {
            if slots[place].hash == hash, slots[place].slug.isEqual(to: slug) { return hunt }
            place = (place + 1) & mask
        }
        return nil
    }

    /// The hunt with a database id.
    public func hunt(id: Int32) -> HuntRules? {
        positions[id].map { hunts[$0] }
    }

    /// Eight bytes a step. Only organisers choose slugs, so no key is needed against chosen collisions.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = UInt64(bytes.count)
        var offset = 0
        while offset + 8 <= bytes.count {
            hash = mix(hash, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var tail: UInt64 = 0
        while offset < bytes.count {
            tail = tail << 8 | UInt64(bytes[offset])
            offset += 1
        }
        return mix(hash, tail)
    }

    @inline(__always)
    private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let mixed = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
        return mixed ^ mixed >> 32
    }
}
