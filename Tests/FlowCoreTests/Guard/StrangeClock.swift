import FlowCore
import Randomness

/// A monotonic clock at its worst: it stands still, creeps, lands beside the edges that matter, jumps far ahead. It never
/// goes back.
struct StrangeClock {
    private(set) var nowMs: Int64 = 0
    private let edgesMs: [Int64]
    private var random: SplitMix64

    /// - Parameter edgesMs: the lengths of time that decide something.
    init(seed: UInt64, edgesMs: [Int64]) {
        self.edgesMs = edgesMs
        random = SplitMix64(seed: seed)
    }

    mutating func step() {
        switch random.below(1_000) {
        case ..<400: break
        case ..<700: nowMs += Int64(random.below(20))
        case ..<900: nowMs += max(0, random.pick(edgesMs) + Int64(random.below(3)) - 1)
        case ..<990: nowMs += Int64.random(in: 0...2 * random.pick(edgesMs), using: &random)
        case ..<999: nowMs += Int64.random(in: 0...1 << 36, using: &random)
        default: nowMs += Int64.random(in: 0...1 << 50, using: &random)
        }
    }
}
