/// What a player's facts are worth in one hunt.
///
/// - Source: contracts.md section 3.
@frozen
public struct Tally: Equatable, Sendable {
    public var score: Int64
    /// Checkpoints that count.
    public var unlocks: Int32
    /// Epoch milliseconds; -1 is null, exactly when the score is 0.
    public var reachedAt: Int64

    @inlinable
    public init(score: Int64, unlocks: Int32, reachedAt: Int64) {
        self.score = score
        self.unlocks = unlocks
        self.reachedAt = reachedAt
    }

    /// Of a player without facts.
    @inlinable
    public static var zero: Tally { Tally(score: 0, unlocks: 0, reachedAt: -1) }

    /// Adds a contribution; one that is worth nothing does not move `reachedAt`.
    @inlinable
    mutating func add(worth: Int64, at: Int64) {
        guard worth > 0 else { return }
        score += worth
        reachedAt = max(reachedAt, at)
    }
}

/// Memory that `HuntRules.tally` works in. It grows to the largest hunt it has met and serves hunts of any size in
/// turn; one per thread.
///
/// An entry counts only when it carries the number of the present round, so nothing is cleared between two tallies.
public struct TallyScratch: ~Copyable {
    struct CheckpointMark {
        var round: UInt64
        /// When the checkpoint counted, epoch milliseconds.
        var at: Int64
    }

    struct TrailMark {
        var round: UInt64
        /// The largest `at` of the trail's checkpoints so far.
        var at: Int64
        /// How many of them count so far.
        var found: Int
    }

    private(set) var round: UInt64 = 0
    private(set) var checkpoints = UnsafeMutableBufferPointer<CheckpointMark>(start: nil, count: 0)
    private(set) var trails = UnsafeMutableBufferPointer<TrailMark>(start: nil, count: 0)

    public init() {}

    deinit {
        checkpoints.deallocate()
        trails.deallocate()
    }

    /// Forgets the last tally and makes room for a hunt of this size.
    mutating func beginRound(checkpointCount: Int, trailCount: Int) {
        round += 1
        if checkpoints.count < checkpointCount {
            checkpoints.deallocate()
            checkpoints = .allocate(capacity: checkpointCount)
            checkpoints.initialize(repeating: CheckpointMark(round: 0, at: 0))
        }
        if trails.count < trailCount {
            trails.deallocate()
            trails = .allocate(capacity: trailCount)
            trails.initialize(repeating: TrailMark(round: 0, at: 0, found: 0))
        }
    }
}
