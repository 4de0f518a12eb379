import ArgumentParser
import Foundation
import Simulation

/// Runs seeds of the simulation: `cairn-simulation --seed 1 --seeds 1000`.
struct SimulationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn-simulation",
        abstract: "Runs seeded worlds full of faults and audits each from outside.",
        discussion: """
            A seed decides a world and everything that happens to it: workers, partitions, scans, and all the faults of
            the simulation. The same seed replays the same run. Exit codes: 0 all seeds came to rest exactly right;
            1 one did not, its shortest story is printed; 2 wrong usage.
            """)

    @Option(help: "The first seed.") var seed: UInt64 = 1
    @Option(help: "How many seeds; with --minutes as many as fit.") var seeds: UInt64?
    @Option(help: "Minutes to run, of the wall clock.") var minutes: Double?
    @Option(help: "Actions of each run.") var steps = 300
    @Flag(help: "At the end a table of what was met, and how often.") var coverage = false
    @Flag(help: "Print the story of every seed.") var story = false

    func validate() throws {
        if steps < 1 { throw ValidationError("--steps is 1 or more") }
        if let minutes, !(minutes > 0) { throw ValidationError("--minutes is more than 0") }
        if seeds == 0 { throw ValidationError("--seeds is 1 or more") }
    }

    func run() throws {
        var campaign = Campaign(steps: steps)
        let deadline = minutes.map { ContinuousClock.now + .seconds($0 * 60) }
        let count = seeds ?? (minutes == nil ? 1 : .max)
        var done: UInt64 = 0
        while done < count, deadline.map({ ContinuousClock.now < $0 }) ?? true {
            let simulation = campaign.run(seed &+ done)
            if story { print(simulation.story.joined(separator: "\n")) }
            if !simulation.failures.isEmpty {
                print(campaign.report(of: simulation))
                throw ExitCode.failure
            }
            done += 1
        }
        print(campaign.summary)
        if coverage { print(campaign.coverageTable) }
    }
}

/// Wrong usage ends with 2, as in `cairn`.
@main
enum Main {
    static func main() {
        do {
            var command = try SimulationCommand.parseAsRoot()
            try command.run()
        } catch {
            let code = SimulationCommand.exitCode(for: error)
            let text = SimulationCommand.fullMessage(for: error)
            if !text.isEmpty {
                let stream = code == .success ? FileHandle.standardOutput : FileHandle.standardError
                stream.write(Data((text + "\n").utf8))
            }
            exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }
}
