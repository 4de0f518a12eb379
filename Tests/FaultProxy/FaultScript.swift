/// Which way bytes go through a proxy.
public enum Direction: Sendable, CaseIterable {
    case toServer
    case toClient

    var opposite: Direction { self == .toServer ? .toClient : .toServer }
}

/// How the bytes of one direction fare.
public struct Traffic: Sendable, Equatable {
    public enum Mode: Sendable {
        case pass
        /// Kept in the proxy, up to its bound; then its reader stops reading.
        case hold
        /// Taken and thrown away.
        case swallow
    }

    public var mode: Mode
    /// Added to every byte's way, milliseconds.
    public var delayMs: Int64
    /// At most so much more, drawn anew for each chunk; bytes keep their order. Milliseconds.
    public var jitterMs: Int64
    /// nil: as fast as it goes. 1 or more.
    public var bytesPerSecond: Int?

    public init(_ mode: Mode = .pass, delayMs: Int64 = 0, jitterMs: Int64 = 0, bytesPerSecond: Int? = nil) {
        self.mode = mode
        self.delayMs = delayMs
        self.jitterMs = jitterMs
        self.bytesPerSecond = bytesPerSecond
    }

    public static let pass = Traffic()
    public static let hold = Traffic(.hold)
    public static let swallow = Traffic(.swallow)
}

/// What can be done to one link.
public enum FaultAction: Sendable, Equatable {
    case traffic(Direction, Traffic)
    /// Both ends are closed in order (FIN); what waits in the proxy is lost.
    case cut
    /// Both ends are closed by RST.
    case reset
}

/// What happens to each link, and when.
public struct FaultScript: Sendable, Equatable {
    public enum Trigger: Sendable, Equatable {
        /// So long after the link was opened.
        case afterMs(Int64)
        /// As soon as so many bytes have passed this way, to the byte.
        case afterBytes(Direction, Int)
    }

    public struct Step: Sendable, Equatable {
        public var trigger: Trigger
        public var action: FaultAction

        public init(_ trigger: Trigger, _ action: FaultAction) {
            self.trigger = trigger
            self.action = action
        }
    }

    public var steps: [Step]

    public init(_ steps: [Step] = []) { self.steps = steps }

    /// Random steps within `overMs`; equal seeds give equal scripts. It ends with a cut or a reset.
    public static func seeded(_ seed: UInt64, steps count: Int, overMs: Int64) -> FaultScript {
        var random = Randomness(seed: seed)
        var steps = (0..<count).map { _ in
            let direction: Direction = random.below(2) == 0 ? .toServer : .toClient
            let traffic =
                switch random.below(4) {
                case 0: Traffic(delayMs: Int64(random.below(50)), jitterMs: Int64(random.below(20)))
                case 1: Traffic(bytesPerSecond: 10_000 + random.below(1_000_000))
                case 2: Traffic.hold
                default: Traffic.pass
                }
            return Step(.afterMs(Int64(random.below(Int(max(1, overMs))))), .traffic(direction, traffic))
        }
        steps.append(Step(.afterMs(overMs), random.below(2) == 0 ? .cut : .reset))
        return FaultScript(steps)
    }
}

/// SplitMix64.
///
/// - Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
struct Randomness {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A number of `0 ..< bound`.
    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
