import HuntCore

/// A bucket of tokens for each client and one for all of them. A request takes from both or from neither, so that a
/// client who is refused costs the others nothing.
///
/// Memory is bounded whoever comes. A full bucket says nothing that a new one would not, so a client's bucket is
/// forgotten once it is full and its place is wanted, the one that has been full longest first. Where a capacity was
/// chosen that is too small for that, the bucket nearest to full goes: that gives away the least.
///
/// A request costs O(log n) of the clients that are not full.
public final class ClientBuckets {
    /// What is said to a request.
    public enum Answer: Sendable, Equatable {
        case allowed
        /// The client has had its share: milliseconds after which the request can succeed, 1 or more.
        case clientRefused(retryAfterMs: Int64)
        /// All clients together have: milliseconds after which the request can succeed, 1 or more.
        case overallRefused(retryAfterMs: Int64)
    }

    /// A client and its bucket, 32 bytes.
    struct Slot {
        var client: ClientKey
        var level: TokenLevel
        /// Where the slot stands in `order`.
        var place: UInt32
    }

    /// The largest capacity, clients; 256 MiB.
    public static let capacityMax = 1 << 22

    public let perClient: TokenRate
    /// Clients that are remembered at most.
    public let capacity: Int
    public private(set) var counters = ClientBucketsCounters()
    private var overall: TokenBucket
    private let seed: UInt64
    private var index = SlotIndex(minimumCapacity: 16)
    var slots: [Slot] = []
    /// A binary heap of slots, the one that is full first at the top.
    var order: [UInt32] = []

    /// - Parameters:
    ///   - perClient: what one client may ask for.
    ///   - overall: what all together may.
    ///   - capacity: clients, `1 ... capacityMax`; nil takes as many as can be short of full at one time.
    ///   - seed: of the hash; clients must not know it.
    public init(perClient: TokenRate, overall: TokenRate, capacity: Int? = nil, seed: UInt64) {
        let capacity = capacity ?? Self.capacity(perClient: perClient, overall: overall)
        precondition(capacity >= 1 && capacity <= Self.capacityMax, "a capacity out of its range")
        self.perClient = perClient
        self.capacity = capacity
        self.overall = TokenBucket(overall)
        self.seed = seed
    }

    /// How many clients can be short of full at one time: a bucket is full once it was left alone for `msToFill`, so
    /// each of them was allowed a request within that time, and the overall bucket bounds how many were. With this
    /// capacity nothing is ever forgotten that mattered.
    public static func capacity(perClient: TokenRate, overall: TokenRate) -> Int {
        let (millionths, isOverflow) = perClient.msToFill.multipliedReportingOverflow(by: overall.millionthsPerMs)
        if isOverflow { return capacityMax }
        return Int(min(millionths / TokenRate.token + overall.burst + 1, Int64(capacityMax)))
    }

    /// Clients that are remembered now.
    public var count: Int { slots.count }

    /// Requests that all clients together may ask for at this moment.
    public func overallTokens(nowMs: Int64) -> Int64 { overall.tokens(nowMs: nowMs) }

    /// Bytes that this takes now; at most 64 for each client of the capacity, and 1,024.
    public var byteCount: Int {
        slots.capacity * MemoryLayout<Slot>.stride + order.capacity * MemoryLayout<UInt32>.stride + index.byteCount
    }

    /// A client asks for one request.
    ///
    /// - Parameter nowMs: monotonic milliseconds, `0 ..< 2^62`.
    public func take(_ client: ClientKey, nowMs: Int64) -> Answer {
        let hash = client.hash(seed: seed)
        let slot = index.find(hash, isMatch: { slots[Int($0)].client == client })
        var level = slot.map { slots[Int($0)].level } ?? TokenLevel()
        let clientMs = level.waitMs(for: 1, perClient, nowMs: nowMs)
        let overallMs = overall.waitMs(nowMs: nowMs)
        if clientMs > 0 {
            counters.clientRefused += 1
            return .clientRefused(retryAfterMs: max(clientMs, overallMs))
        }
        if overallMs > 0 {
            counters.overallRefused += 1
            return .overallRefused(retryAfterMs: overallMs)
        }
        counters.allowed += 1
        _ = overall.take(nowMs: nowMs)
        level.take(1, perClient, nowMs: nowMs)
        if let slot {
            slots[Int(slot)].level = level
            sink(from: Int(slots[Int(slot)].place))
        } else {
            remember(client, hash: hash, level, nowMs: nowMs)
        }
        return .allowed
    }

    private func remember(_ client: ClientKey, hash: UInt64, _ level: TokenLevel, nowMs: Int64) {
        guard let first = order.first, isFull(first, nowMs: nowMs) || slots.count == capacity else {
            return append(client, hash: hash, level)
        }
        counters.forgotten += 1
        if !isFull(first, nowMs: nowMs) { counters.forgottenEarly += 1 }
        index.remove(slots[Int(first)].client.hash(seed: seed), slot: first)
        index.insert(hash, slot: first)
        slots[Int(first)] = Slot(client: client, level: level, place: 0)
        sink(from: 0)
    }

    private func isFull(_ slot: UInt32, nowMs: Int64) -> Bool { slots[Int(slot)].level.fullAtMs <= nowMs }

    private func append(_ client: ClientKey, hash: UInt64, _ level: TokenLevel) {
        if slots.count == slots.capacity {
            // Doubling, but never beyond the bound.
            let room = min(capacity, max(16, slots.count * 2))
            slots.reserveCapacity(room)
            order.reserveCapacity(room)
        }
        let slot = UInt32(slots.count)
        slots.append(Slot(client: client, level: level, place: slot))
        order.append(slot)
        index.insert(hash, slot: slot)
        rise(from: Int(slot))
    }
}

/// Totals since start.
public struct ClientBucketsCounters: Sendable, Equatable {
    public var allowed = 0
    public var clientRefused = 0
    public var overallRefused = 0
    /// Buckets whose place went to another client.
    public var forgotten = 0
    /// Of those, the ones that were not full: the capacity is too small.
    public var forgottenEarly = 0
}
