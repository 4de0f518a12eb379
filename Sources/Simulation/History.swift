import FlowCore

/// What a world is like, and everything that happens to it: all of it comes from one seed.
public struct History: Sendable {
    /// An action, and the seed of everything that chance decides until the next: what is left out before it changes
    /// nothing of that.
    struct Step: Sendable {
        let salt: UInt64
        let action: Action
    }

    public let seed: UInt64
    var partitions: Int32
    var limits: FlowLimits
    var rates: FaultRates
    var feedQueueMax: Int
    var players: Int
    var workers: Int
    /// When the first hunt closes, milliseconds after the world began, and how late its scans may come.
    var closesAfterMs: Int64
    var graceMs: Int64
    /// Whether the group hands over only what changes hands.
    var isCooperative: Bool
    /// Players or refused scans per transaction of an operator's command.
    var upkeepBatch: Int
    var steps: [Step]

    /// - Parameter steps: how many actions.
    public init(seed: UInt64, steps count: Int) {
        self.seed = seed
        var random = SplitMix64(seed: seed)
        players = Bool.random(using: &random) ? 4 : 30
        partitions = Int32.random(in: 2...4, using: &random)
        workers = Int.random(in: 1...3, using: &random)
        limits = Self.limits(&random)
        rates = Self.rates(&random)
        feedQueueMax = Int.random(in: 1...8, using: &random)
        let isShort = Bool.random(using: &random)
        closesAfterMs = isShort ? Int64.random(in: 5_000...60_000, using: &random) : 86_400_000
        graceMs = Int64.random(in: 0...5, using: &random) * 1_000
        isCooperative = Bool.random(using: &random)
        upkeepBatch = Int.random(in: 1...5, using: &random)
        var maker = ActionMaker(
            random: random, players: players, isChanging: Int.random(in: 0..<3, using: &random) > 0,
            isLosing: Int.random(in: 0..<4, using: &random) == 0)
        steps = (0..<count).map { _ in maker.step() }
    }

    public var count: Int { steps.count }

    /// The same world with other actions.
    func with(_ steps: [Step]) -> History {
        var history = self
        history.steps = steps
        return history
    }

    private static func limits(_ random: inout SplitMix64) -> FlowLimits {
        var limits = FlowLimits()
        limits.ringCapacity = Int.random(in: 2...8, using: &random)
        limits.stopAt = Int.random(in: 2...limits.ringCapacity, using: &random)
        limits.resumeAt = Int.random(in: 0..<limits.stopAt, using: &random)
        limits.maxRecords = Int.random(in: 1...4, using: &random)
        limits.concurrentFlushes = Int.random(in: 1...2, using: &random)
        limits.cacheBytes = [0, 600, 2_000, 1 << 20].randomElement(using: &random) ?? 0
        limits.unpublishedBatches = Int.random(in: 1...4, using: &random)
        limits.hotRingCapacity = Int.random(in: 1...4, using: &random)
        limits.hotPlayersPerCall = Int.random(in: 1...limits.hotRingCapacity, using: &random)
        limits.recordsPerPoll = Int.random(in: 1...4, using: &random)
        // Short enough to run out while a call waits.
        limits.scoreTTLMs = [30_000, 30_000, 2_000].randomElement(using: &random) ?? 30_000
        limits.hotPlayersInFlight = [1, 40, 1_024].randomElement(using: &random) ?? 1
        limits.sharedCapacity = [0, 0, 12, 48].randomElement(using: &random) ?? 0
        return limits
    }

    private static func rates(_ random: inout SplitMix64) -> FaultRates {
        var rates = FaultRates()
        let most = [0, 5, 25].randomElement(using: &random) ?? 0
        rates.sourcePercent = Int.random(in: 0...most, using: &random)
        rates.leasePercent = Int.random(in: 0...most, using: &random)
        rates.readPercent = Int.random(in: 0...most, using: &random)
        rates.flushPercent = Int.random(in: 0...most, using: &random)
        rates.cachePercent = Int.random(in: 0...most, using: &random)
        rates.feedPercent = Int.random(in: 0...most, using: &random)
        rates.latencyMaxMs = Int64.random(in: 1...12, using: &random)
        return rates
    }
}
