import ArgumentParser
import Simulation

/// Runs seeds of the simulation: `swift run -c release cairn-simulation --seed 1 --seeds 1000`.
@main
struct SimulationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn-simulation", abstract: "Runs seeded worlds full of faults and audits each from outside.")

    @Option(help: "The first seed.") var seed: UInt64 = 1
    @Option(help: "How many seeds.") var seeds: UInt64 = 1
    @Option(help: "Steps of each run.") var steps = 300

    func run() throws {
        for seed in seed..<seed + seeds {
            let simulation = Simulation(seed: seed)
            let failures = simulation.run(steps: steps)
            if failures.isEmpty { continue }
            print("seed \(seed):")
            for line in simulation.history + failures { print("  \(line)") }
            throw ExitCode.failure
        }
        print("\(seeds) seeds without a violation")
    }
}
