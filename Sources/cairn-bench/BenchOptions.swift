import ArgumentParser

/// What to measure.
struct BenchOptions: ParsableArguments {
    enum Kind: String, CaseIterable, Sendable {
        /// A backlog worked off.
        case drain
        /// 5,000 records a second, and half of the drained rate.
        case paced
        /// A mean of 20,000 records a second in bursts.
        case burst
        /// 50,000 records a second, shared by 1, 2 and 4 workers.
        case scale
    }

    @Option(help: "Records to drain.")
    var count = 1_000_000
    @OptionGroup var workload: WorkloadOptions
    @Option(help: "Which runs: drain, paced, burst, scale, separated by commas.")
    var kinds = "drain,paced,burst"
    @Option(help: "How often each run is made; medians are shown. [default: 1, with --base 5]")
    var runs: Int?
    @Option(help: "Length of paced (and scaled) and bursty runs in seconds. [default: 20 and 60]")
    var seconds: Int?
    @Option(help: "The second paced rate. [default: half of the drained rate, 20000 without a drain]")
    var rate: Int?
    @Option(help: "The cairn to measure. [default: the one beside this program]")
    var binary: String?
    @Option(help: "How the measured cairn is called in the report.")
    var name = "today"
    @Option(help: "Another cairn, to alternate with.")
    var base: String?
    @Option(help: "How the other cairn is called in the report.")
    var baseName = "base"
    @Option(help: "Where the results go as JSON. [default: .bench/results-TIME.json]")
    var json: String?

    static let slowRate = 5_000
    static let burstMean = 20_000
    static let scaleRate = 50_000
    private static let rateWithoutDrain = 20_000

    func validate() throws {
        try WorkloadOptions.check(runs: runs, seconds: seconds, rate: rate)
        if chosenKinds == nil { throw ValidationError("--kinds is a list of drain, paced, burst and scale") }
        try workload.check(count: count, most: recordsMost)
    }

    /// nil when the list names something else.
    var chosenKinds: [Kind]? {
        let kinds = kinds.split(separator: ",").map { Kind(rawValue: String($0)) }
        return kinds.contains(nil) || kinds.isEmpty ? nil : kinds.compactMap { $0 }
    }

    var runCount: Int { runs ?? (base == nil ? 1 : 5) }
    var pacedSeconds: Int { seconds ?? 20 }
    var burstSeconds: Int { seconds ?? 60 }

    /// - Parameter drained: scans a second, where a drain has told it.
    func secondRate(drained: Double?) -> Int { rate ?? drained.map { max(100, Int($0 / 2)) } ?? Self.rateWithoutDrain }

    /// An upper bound of the records of one run, as far as it is known beforehand.
    private var recordsMost: Int {
        let scaled = chosenKinds?.contains(.scale) == true ? Self.scaleRate : 0
        return max(count, max(scaled, rate ?? 0) * (pacedSeconds + 2))
    }
}
