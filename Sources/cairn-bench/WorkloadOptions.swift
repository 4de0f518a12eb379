import ArgumentParser

/// Which scans, in whichever amount.
struct WorkloadOptions: ParsableArguments {
    @Option(help: "R (92 % repeats), W (every scan is a first one), or both.")
    var mix = "both"
    @Option(help: "How many people play.")
    var players = 100_000
    @Option(help: "The exponent by which some players scan more than others; 0 is uniform, 1.1 is usual.")
    var zipf = 0.0
    @Option(help: "The same seed makes the same records.")
    var seed: UInt64 = 1

    @Option(help: "A line of cairn's settings file, such as 'flush: {concurrent: 1}'; may be given several times.")
    var setting: [String] = []

    /// What `--setting` adds to the settings file.
    var settings: String { setting.map { "\($0)\n" }.joined() }

    var mixes: [Mix] { mix == "both" ? Mix.all : Mix.all.filter { $0.name == mix } }

    func validate() throws {
        if !(1...ScanTemplate.playersMax).contains(players) {
            throw ValidationError("--players is 1 to \(ScanTemplate.playersMax)")
        }
        if !(0...3).contains(zipf) { throw ValidationError("--zipf is 0 to 3") }
        if mixes.isEmpty { throw ValidationError("--mix is R, W or both") }
    }

    /// Bounds that keep the books in memory and the records within the hunt.
    ///
    /// - Parameters:
    ///   - count: records to drain.
    ///   - most: an upper bound of the records of one run.
    func check(count: Int, most: Int) throws {
        if !(1_000...BenchHunt.recordsMax).contains(count) {
            throw ValidationError("--count is 1000 to \(BenchHunt.recordsMax)")
        }
        if most > players * BenchHunt.checkpoints / 2 {
            throw ValidationError("\(most) records need more players: --players \(most / 1_000 + 1)")
        }
    }

    static func check(runs: Int?, seconds: Int?, rate: Int?) throws {
        if let runs, !(1...100).contains(runs) { throw ValidationError("--runs is 1 to 100") }
        if let seconds, !(1...3_600).contains(seconds) { throw ValidationError("--seconds is 1 to 3600") }
        if let rate, !(100...1_000_000).contains(rate) { throw ValidationError("--rate is 100 to 1000000") }
    }
}
