/// A figure of cairn by that of another, round by round.
struct CompareRatio: Equatable {
    var other: String
    var figure: String
    var mix: String
    var median: Double
    var lowest: Double
    var highest: Double
    /// What the median should at least be.
    var target: Double?

    static let rate = "scans/s"
    static let cpu = "worker CPU"

    private static let targets = ["limit": ["R": 0.8, "W": 0.8], "go": ["R": 1.5, "W": 1.2]]

    /// nil without a target.
    var isReached: Bool? { target.map { median >= $0 } }

    /// Of the drained runs, to everybody who has made them.
    static func all(of report: CompareReport) -> [CompareRatio] {
        let drains = report.groups.filter { $0.name == "drain" }
        let figures: [(title: String, of: (RunResult) -> Double?)] = [
            (rate, { $0.scansPerSecond }), (cpu, { $0.cpuPerMillion.worker }),
        ]
        return figures.flatMap { figure in
            report.contenders.flatMap { other in
                drains.filter { $0.revision == CompareReport.cairn && other != CompareReport.cairn }.compactMap { own in
                    let partner = drains.first { $0.revision == other && $0.mix == own.mix }
                    let target = figure.title == rate ? targets[other]?[own.mix] : nil
                    return partner.flatMap { own.ratios(to: $0, figure.of) }.flatMap {
                        CompareRatio(other: other, figure: figure.title, mix: own.mix, rounds: $0, target: target)
                    }
                }
            }
        }
    }

    /// nil without a round.
    init?(other: String, figure: String, mix: String, rounds: [Double], target: Double?) {
        guard let median = rounds.median, let lowest = rounds.min(), let highest = rounds.max() else { return nil }
        self.other = other
        self.figure = figure
        self.mix = mix
        self.median = median
        self.lowest = lowest
        self.highest = highest
        self.target = target
    }
}
