/// How the rate of a simulated hunt goes over time. Recorded traffic has times of its own: see `ReplaySchedule`.
enum ArrivalProfile: String, CaseIterable {
    /// Evenly spaced at the rate.
    case steady
    /// Independent of each other, the mean at the rate: the gaps are exponential.
    case poisson
    /// Silence and bursts, the mean at the rate: see `BurstShape`.
    case burst
    /// The steady walk, and a clue that sends every player to one tag: see `ClueDrop`.
    case drop

    /// Fewer seconds do not hold one whole burst, or the whole drop.
    var secondsMin: Int {
        switch self {
        case .steady, .poisson: 1
        case .burst: 3
        case .drop: Int((ClueDrop.startsAtNs + ClueDrop.lastsNs) / 1_000_000_000)
        }
    }
}

/// Of 26 slots of 100 ms one carries 26 times the mean and the others nothing.
///
/// So the standard deviation over slots is 5 times the mean: with the mean m the variance is (26 m)² / 26 - m² = 25 m².
enum BurstShape {
    static let slotNs: Int64 = 100_000_000
    static let slotsPerCycle: Int64 = 26
    static let cycleNs = slotNs * slotsPerCycle
    /// The slot of a cycle that carries its records, from 0. In the middle, so that a run of any length has about as
    /// many bursts as its mean wants.
    static let loadedSlot: Int64 = 12

    /// When record `number` (from 0) is due at a mean of `rate` records a second. Nanoseconds since the start.
    static func dueNs(_ number: Int64, rate: Int64) -> Int64 {
        // The first cycle whose end has seen more than `number` records: the smallest with records(cycle + 1) > number.
        let divisor = slotsPerCycle * rate
        let cycle = (10 * (number + 1) + divisor - 1) / divisor - 1
        let first = records(before: cycle, rate)
        let count = records(before: cycle + 1, rate) - first
        return cycle * cycleNs + loadedSlot * slotNs + (number - first) * slotNs / count
    }

    /// A cycle takes 2.6 s.
    private static func records(before cycle: Int64, _ rate: Int64) -> Int64 { slotsPerCycle * rate * cycle / 10 }
}

/// A clue is published and every player scans one tag within 20 s, most of them early.
enum ClueDrop {
    /// As many as refreshed at once in the field.
    static let players = 35_000
    /// When the first player arrives, after the start.
    static let startsAtNs: Int64 = 5_000_000_000
    static let lastsNs: Int64 = 20_000_000_000
    /// Half of the players have come after 5 of the 20 s: arrivals are at the square of a share that grows evenly.
    static func dueNs(share: Double) -> Int64 { startsAtNs + Int64(share * share * Double(lastsNs)) }
}

/// When a record is due, and whose it is.
struct Arrival: Equatable {
    /// Nanoseconds since the start.
    var dueNs: Int64
    /// The player who comes to the clue; nil for the next turn of the ordinary walk.
    var comesToClue: Int?
}
