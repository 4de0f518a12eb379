import FlowCore

/// What the stores of a world check before they write. A store without one of its guards is a defect, by which tests
/// show that the auditor would notice.
public struct StoreGuards: OptionSet, Sendable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// A flush of an old lease is refused.
    public static let epoch = StoreGuards(rawValue: 1 << 0)
    /// A flush that begins elsewhere than the lease stands is refused.
    public static let position = StoreGuards(rawValue: 1 << 1)
    /// A row is written only over the one that the batch was computed from.
    public static let factsSeq = StoreGuards(rawValue: 1 << 2)
    /// A flush that was decided by other definitions is refused.
    public static let generation = StoreGuards(rawValue: 1 << 3)
    /// Only an earlier scan takes the place of a fact.
    public static let earliestFact = StoreGuards(rawValue: 1 << 4)
    /// The hot tier refuses a version older than the one it has.
    public static let newestKey = StoreGuards(rawValue: 1 << 5)
    public static let all: StoreGuards = [.epoch, .position, .factsSeq, .generation, .earliestFact, .newestKey]
}

/// Where a test puts something else in place of a part of the world: a port of a worker, or what a store does.
public struct WorldParts {
    public var guards = StoreGuards.all
    /// What becomes of a flush that arrives at the ledger.
    public var flush: (FakeLedger, FlushImage) -> Result<Int64, FlushTrouble> = { ledger, call in
        do throws(FlushTrouble) { return .success(try ledger.flush(call)) } catch { return .failure(error) }
    }
    /// What stands between a new worker's engine and each of its ports.
    public var source: (any ScanSource, SimulatedWorker) -> any ScanSource = { port, _ in port }
    public var ledger: (any Ledger, SimulatedWorker) -> any Ledger = { port, _ in port }
    public var cache: (any ScoreCache, SimulatedWorker) -> any ScoreCache = { port, _ in port }
    public var feed: (any ScoreFeed, SimulatedWorker) -> any ScoreFeed = { port, _ in port }

    public init() {}
}
