import FlowCore

/// How often things go wrong, in percent of the operations; 0 everywhere: a world without faults.
public struct FaultRates: Sendable, Equatable {
    public var sourcePercent = 0
    public var leasePercent = 0
    public var readPercent = 0
    public var flushPercent = 0
    public var cachePercent = 0
    public var feedPercent = 0
    /// One way, milliseconds: 1 ... this.
    public var latencyMaxMs: Int64 = 1

    public init() {}
}

/// Decides by one seed what goes wrong, and how long things take.
public final class Faults {
    public var rates: FaultRates
    public var random: SplitMix64
    /// What becomes of the next flushes of anybody, before chance decides.
    public var nextFlushes: [FlushFault] = []
    /// How often each fault happened.
    public private(set) var marks: Coverage = [:]
    /// The longest that anything was on its way, milliseconds.
    public private(set) var latencyMostMs: Int64 = 0

    public init(seed: UInt64, rates: FaultRates = FaultRates()) {
        random = SplitMix64(seed: seed)
        self.rates = rates
    }

    public func happens(_ percent: Int) -> Bool { percent > 0 && Int.random(in: 0..<100, using: &random) < percent }

    public func latencyMs() -> Int64 {
        latencyMostMs = max(latencyMostMs, rates.latencyMaxMs)
        return rates.latencyMaxMs <= 1 ? rates.latencyMaxMs : Int64.random(in: 1...rates.latencyMaxMs, using: &random)
    }

    /// A delay out of the ordinary, milliseconds.
    func delayMs(in range: ClosedRange<Int64>) -> Int64 {
        let delayMs = Int64.random(in: range, using: &random)
        latencyMostMs = max(latencyMostMs, delayMs + rates.latencyMaxMs)
        return delayMs
    }

    public func mark(_ mark: CoverageMark) { marks[mark, default: 0] += 1 }
}
