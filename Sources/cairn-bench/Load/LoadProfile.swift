/// When records are due. The sender follows it whatever the system does.
enum LoadProfile: Sendable, Equatable {
    /// Records a second, evenly spaced.
    case steady(rate: Int)
    /// 100 ms at 26 times the mean, then nothing until the mean is reached: the rate's standard deviation is then five
    /// times its mean.
    case bursts(mean: Int)

    private static let burstMs = 100
    private static let burstFactor = 26
    private static let warmUpNs: Int64 = 2_000_000_000

    /// The mean, records a second.
    var rate: Int {
        switch self {
        case .steady(let rate): rate
        case .bursts(let mean): mean
        }
    }

    /// Nanoseconds after the start at which a record is due. Grows with its number.
    func dueNs(ofRecord number: Int) -> Int64 {
        switch self {
        case .steady(let rate):
            return Int64(number) * 1_000_000_000 / Int64(rate)
        case .bursts(let mean):
            let (burst, place) = number.quotientAndRemainder(dividingBy: recordsPerBurst)
            let within = Int64(place) * 1_000_000_000 / Int64(mean * Self.burstFactor)
            return Int64(burst) * Int64(Self.burstMs * Self.burstFactor) * 1_000_000 + within
        }
    }

    /// Records before those that are measured: 2 s, or one burst.
    var warmUpRecords: Int {
        switch self {
        case .steady(let rate): Int(Int64(rate) * Self.warmUpNs / 1_000_000_000)
        case .bursts: recordsPerBurst
        }
    }

    /// Records to measure in `seconds`; of bursts as many whole ones as begin within them.
    func records(seconds: Int) -> Int {
        switch self {
        case .steady(let rate): return rate * seconds
        case .bursts:
            let periodMs = Self.burstMs * Self.burstFactor
            return recordsPerBurst * ((seconds * 1_000 + periodMs - 1) / periodMs)
        }
    }

    /// Of so many first scans one is watched: about 1,000 probes a second, of bursts 200.
    func probeSpacing(firstsPerMille: Int) -> Int {
        let firstsPerSecond = max(1, rate * firstsPerMille / 1_000)
        switch self {
        case .steady: return max(1, firstsPerSecond / 1_000)
        case .bursts: return max(1, firstsPerSecond / 200)
        }
    }

    private var recordsPerBurst: Int { rate * Self.burstMs * Self.burstFactor / 1_000 }
}
