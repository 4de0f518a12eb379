import Foundation
import Simulation

/// Many seeds in a row: how many, how fast, and what they met.
struct Campaign {
    private let steps: Int
    private var seeds = 0
    private var coverage: Coverage = [:]
    private let cpuBefore = Campaign.cpuSeconds()
    private var toldAt = ContinuousClock.now

    init(steps: Int) { self.steps = steps }

    mutating func run(_ seed: UInt64) -> Simulation {
        let simulation = Simulation(seed: seed, steps: steps)
        simulation.run()
        seeds += 1
        coverage.merge(simulation.coverage, uniquingKeysWith: +)
        if ContinuousClock.now - toldAt > .seconds(10) {
            toldAt = .now
            FileHandle.standardError.write(Data("\(summary)\n".utf8))
        }
        return simulation
    }

    var summary: String {
        let cpu = Self.cpuSeconds() - cpuBefore
        let perMinute = Int(Double(seeds) / max(cpu, 0.001) * 60)
        let time = String(format: "%.1f", cpu)
        return "\(seeds) seeds without a violation, \(time) s of CPU, \(perMinute) seeds per minute of CPU"
    }

    var coverageTable: String {
        let width = CoverageMark.allCases.map(\.rawValue.count).max() ?? 0
        return CoverageMark.allCases.map { mark in
            mark.rawValue.padding(toLength: width + 2, withPad: " ", startingAt: 0) + "\(coverage[mark, default: 0])"
        }.joined(separator: "\n")
    }

    /// The shortest history that could be found, and what is wrong in it.
    func report(of failed: Simulation) -> String {
        var shrinker = Shrinker()
        let shortest = Simulation(shrinker.shortest(failed.history))
        shortest.run()
        let head = """
            seed \(failed.history.seed) fails; \(shortest.history.count) of its \(failed.history.count) actions are enough:
            """
        let lines = shortest.story + ["violations:"] + shortest.failures
        return ([head] + lines.map { "  \($0)" } + ["the whole seed's violations:"] + failed.failures.map { "  \($0)" })
            .joined(separator: "\n")
    }

    /// Of this process so far, seconds.
    private static func cpuSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
}
