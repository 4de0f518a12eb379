import HuntCore

/// What the worker knows of one player of one hunt. While a call carries it, it is ahead of Postgres by that call.
///
/// 192 bytes, three cache lines of which the first holds all that a repeated scan needs of a player with a short id.
struct PlayerState {
    let hash: UInt64
    /// The player's facts, sorted by checkpoint index of the hunt's present rules.
    var facts: UnsafeMutablePointer<Fact>?
    var factCount: Int32 = 0
    var factCapacity: Int32 = 0
    /// The call that carries it; 0 when none does.
    var call: UInt32 = 0
    /// Its row in the call that carries it; -1 while it has none.
    var row: Int32 = -1
    /// The partition that facts come from, unless the table's list of foreign sources says otherwise.
    var home: Int32
    /// False in a slot that waits for its next player.
    var isTaken = true
    /// Carried by a call since the table's hand passed the last time.
    var isUsed = true
    var isLoaded = false
    var hasForeignFacts = false
    /// The tally is out of date and the facts must be counted anew.
    var needsTally = false
    /// To be published though nothing changed.
    var isReplayed = false
    let key: PlayerKey
    var tally = Tally.zero
    var version: Int64 = 0
    /// 0: no row yet.
    var factsSeq: Int64 = 0
    /// Epoch milliseconds of the commit that made this version; as Postgres has it.
    var committedAt: Int64 = 0
    /// Monotonic milliseconds at which the value was at least as new as it is now: before the read or the commit.
    var provenAtMs: Int64 = 0
    /// Makes it a whole number of cache lines.
    private let padding: (UInt64, UInt64) = (0, 0)

    init(key: PlayerKey, hash: UInt64, home: Int32) {
        self.key = key
        self.hash = hash
        self.home = home
    }

    func item(partition: Int32, offset: Int64, receivedAt: Int64, batch: UInt32) -> PublishItem {
        PublishItem(
            key: key, tally: tally, version: version, committedAt: committedAt, provenAtMs: provenAtMs,
            partition: partition, offset: offset, receivedAt: receivedAt, batch: batch)
    }

    var factBuffer: UnsafeBufferPointer<Fact> { UnsafeBufferPointer(start: facts, count: Int(factCount)) }
}

/// What came of a scan of a known checkpoint.
enum FactOutcome {
    case first
    case earlier
    case repeated
}

extension PlayerState {
    /// The position of a checkpoint's fact, or where it would stand.
    @inline(__always)
    func position(ofCheckpoint checkpoint: Int) -> (position: Int, isFound: Bool) {
        var low = 0
        var high = Int(factCount)
        let floor = UInt64(checkpoint) << 48
        while low < high {
            let middle = (low &+ high) >> 1
            if facts.unsafelyUnwrapped[middle].bits < floor { low = middle &+ 1 } else { high = middle }
        }
        let isFound = low < Int(factCount) && facts.unsafelyUnwrapped[low].checkpoint == checkpoint
        return (low, isFound)
    }

    mutating func insert(_ fact: Fact, at position: Int) {
        if factCount == factCapacity { growFacts() }
        let base = facts.unsafelyUnwrapped
        (base + position + 1).update(from: base + position, count: Int(factCount) - position)
        base[position] = fact
        factCount += 1
    }

    private mutating func growFacts() {
        let capacity = max(4, factCapacity * 2)
        let larger = UnsafeMutablePointer<Fact>.allocate(capacity: Int(capacity))
        larger.initialize(repeating: Fact(checkpoint: 0, at: 0), count: Int(capacity))
        if let facts {
            larger.update(from: facts, count: Int(factCount))
            facts.deallocate()
        }
        facts = larger
        factCapacity = capacity
    }

    mutating func releaseFacts() {
        facts?.deallocate()
        facts = nil
        factCount = 0
        factCapacity = 0
    }
}
