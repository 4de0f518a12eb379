import FlowCore
import OrderIndex

/// Whose score key is to be written again, because somebody has asked for that player: a bounded set, and a table of
/// those whose key was written a short while ago. Pure.
///
/// The table has a fixed size and a newcomer takes the place of whoever has the same slot; who was pushed out is
/// written again earlier than need be. It tells players apart by 64 bits of a hash; two that share them would cost the
/// second one a key for half its life, which a missing key may.
struct RefillQueue: Sendable {
    /// Players of one round. Beyond it a wish is dropped: readers do not need the key, it only saves others a query.
    static let pendingMax = 512
    /// Slots of the table: at 512 players a round and ten rounds a second, 13 s of players; 1 MiB.
    static let remembered = 1 << 16

    private struct Written: Sendable {
        var mark: UInt64
        /// Monotonic milliseconds until which the key needs no care.
        var untilMs: Int64
    }

    /// How long a key that was written needs no care, milliseconds: half of its life, so that it is written again
    /// before it dies while somebody asks for it.
    let restMs: Int64
    private var pending: Set<RefillWish> = []
    private var written: [Written]
    private(set) var counters = RefillCounters()

    /// - Parameter scoreTTLMs: how long a key lives at most, milliseconds, 2 or more.
    init(scoreTTLMs: Int64) {
        restMs = scoreTTLMs / 2
        written = Array(repeating: Written(mark: 0, untilMs: .min), count: Self.remembered)
    }

    var pendingCount: Int { pending.count }

    /// O(1), whatever waits.
    mutating func wanted(_ wish: RefillWish, nowMs: Int64) {
        let (slot, mark) = Self.place(of: wish)
        if written[slot].mark == mark && nowMs < written[slot].untilMs {
            counters.skipped += 1
        } else if pending.count < Self.pendingMax {
            pending.insert(wish)
        } else if !pending.contains(wish) {
            counters.dropped += 1
        }
    }

    /// Hands over everybody who waits.
    mutating func take() -> [RefillWish] {
        defer { pending.removeAll(keepingCapacity: true) }
        return Array(pending)
    }

    /// Their keys were written, of values that were read at this moment.
    mutating func wasWritten(_ wishes: [RefillWish], readAtMs: Int64) {
        for wish in wishes {
            let (slot, mark) = Self.place(of: wish)
            written[slot] = Written(mark: mark, untilMs: readAtMs + restMs)
        }
    }

    mutating func count(_ outcome: KeyRefill.Outcome?, of wishes: Int) {
        counters.rounds += 1
        guard let outcome else {
            counters.failed += wishes
            return
        }
        counters.applied += outcome.written.applied
        counters.refreshed += outcome.written.refreshed
        counters.stale += outcome.written.stale
        counters.failed += outcome.lost
    }

    private static func place(of wish: RefillWish) -> (slot: Int, mark: UInt64) {
        let mark = UInt64(bitPattern: Int64(wish.hashValue))
        return (Int(mark & UInt64(remembered - 1)), mark)
    }
}

/// A player of a hunt whose key somebody may look for.
public struct RefillWish: Hashable, Sendable {
    public let huntID: Int32
    public let player: PlayerID

    public init(huntID: Int32, player: PlayerID) {
        self.huntID = huntID
        self.player = player
    }

    public var key: PlayerKey { player.withBytes { PlayerKey(huntID: huntID, player: $0) } }
}

/// Totals since start.
public struct RefillCounters: Sendable, Equatable {
    /// Queries.
    public var rounds = 0
    /// Wishes whose key was written a short while ago.
    public var skipped = 0
    /// Wishes for which there was no room.
    public var dropped = 0
    /// Keys that were missing or older.
    public var applied = 0
    /// Keys that were there already and live longer now.
    public var refreshed = 0
    /// Keys that were newer.
    public var stale = 0
    /// Wishes that Postgres or Redis did not take.
    public var failed = 0
}
