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
    }

    @Option(help: "Records to drain.")
    var count = 1_000_000
    @Option(help: "R (92 % repeats), W (every scan is a first one), or both.")
    var mix = "both"
    @Option(help: "Which runs: drain, paced, burst, separated by commas.")
    var kinds = "drain,paced,burst"
    @Option(help: "How often each run is made; medians are shown. [default: 1, with --base 5]")
    var runs: Int?
    @Option(help: "Length of paced and bursty runs in seconds. [default: 20 and 60]")
    var seconds: Int?
    @Option(help: "The second paced rate. [default: half of the drained rate, 20000 without a drain]")
    var rate: Int?
    @Option(help: "How many people play.")
    var players = 100_000
    @Option(help: "The exponent by which some players scan more than others; 0 is uniform, 1.1 is usual.")
    var zipf = 0.0
    @Option(help: "The same seed makes the same records.")
    var seed: UInt64 = 1
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
    private static let rateWithoutDrain = 20_000

    /// Bounds that keep the books in memory and the records within the hunt.
    func validate() throws {
        if !(1_000...BenchHunt.recordsMax).contains(count) {
            throw ValidationError("--count is 1000 to \(BenchHunt.recordsMax)")
        }
        if !(1...ScanTemplate.playersMax).contains(players) {
            throw ValidationError("--players is 1 to \(ScanTemplate.playersMax)")
        }
        if let runs, !(1...100).contains(runs) { throw ValidationError("--runs is 1 to 100") }
        if let seconds, !(1...3_600).contains(seconds) { throw ValidationError("--seconds is 1 to 3600") }
        if let rate, !(100...1_000_000).contains(rate) { throw ValidationError("--rate is 100 to 1000000") }
        if !(0...3).contains(zipf) { throw ValidationError("--zipf is 0 to 3") }
        if mixes.isEmpty { throw ValidationError("--mix is R, W or both") }
        if chosenKinds == nil { throw ValidationError("--kinds is a list of drain, paced and burst") }
        let needed = players * BenchHunt.checkpoints / 2
        if recordsMost > needed {
            throw ValidationError("\(recordsMost) records need more players: --players \(recordsMost / 1_000 + 1)")
        }
    }

    var mixes: [Mix] { mix == "both" ? Mix.all : Mix.all.filter { $0.name == mix } }

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
    private var recordsMost: Int { max(count, (rate ?? 0) * (pacedSeconds + 2)) }
}
