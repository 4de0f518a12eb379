import FlowCore

/// How often things go wrong, in percent of the operations; 0 everywhere: a world without faults.
public struct FaultRates: Sendable {
    public var sourcePercent = 0
    public var leasePercent = 0
    public var readPercent = 0
    public var flushPercent = 0
    public var cachePercent = 0
    public var feedStallPercent = 0
    /// One way, milliseconds: 1 ... this.
    public var latencyMaxMs: Int64 = 1

    public init() {}
}

/// What becomes of one flush.
public enum FlushFault: Sendable, Equatable {
    case none
    /// Nothing is sent.
    case unavailable
    /// Class 40.
    case conflict
    /// It never arrives, and the connection is lost.
    case lostBefore
    /// It commits, and the reply is lost.
    case lostAfter
    /// The connection is lost, and the statement arrives this many milliseconds later all the same.
    case stray(Int64)
}

/// Decides by one seed what goes wrong, and how long things take.
public final class Faults {
    public var rates: FaultRates
    public var random: SplitMix64
    /// What becomes of the next flushes of anybody, before chance decides.
    public var nextFlushes: [FlushFault] = []
    /// How often each fault happened: named marks that show which paths a run has reached.
    public private(set) var marks: [String: Int] = [:]

    public init(seed: UInt64, rates: FaultRates = FaultRates()) {
        random = SplitMix64(seed: seed)
        self.rates = rates
    }

    public func happens(_ percent: Int) -> Bool { percent > 0 && Int.random(in: 0..<100, using: &random) < percent }

    /// The longest latency there ever was, one way, milliseconds.
    public private(set) var latencyMostMs: Int64 = 0

    public func latencyMs() -> Int64 {
        latencyMostMs = max(latencyMostMs, rates.latencyMaxMs)
        return chosenLatencyMs()
    }

    private func chosenLatencyMs() -> Int64 {
        rates.latencyMaxMs <= 1 ? rates.latencyMaxMs : Int64.random(in: 1...rates.latencyMaxMs, using: &random)
    }

    public func mark(_ name: String) { marks[name, default: 0] += 1 }

    func flushFault() -> FlushFault {
        if !nextFlushes.isEmpty { return nextFlushes.removeFirst() }
        guard happens(rates.flushPercent) else { return .none }
        let fault: FlushFault
        switch Int.random(in: 0..<5, using: &random) {
        case 0: fault = .unavailable
        case 1: fault = .conflict
        case 2: fault = .lostBefore
        case 3: fault = .lostAfter
        default: fault = .stray(Int64.random(in: 1...400, using: &random))
        }
        return fault
    }
}
