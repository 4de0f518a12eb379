import ArgumentParser

/// Drives a scan's way through a worker without servers, so that a tool can count its instructions, and counts
/// allocations itself. `make instructions` runs it under callgrind.
struct InstructionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn-instructions",
        abstract: "Drives a scan's way through a worker without servers, for counting instructions and allocations.",
        subcommands: [RepeatsCommand.self, WritesCommand.self, LogCommand.self, DrainCommand.self])
}

/// How many scans, in batches of which size.
struct BatchOptions: ParsableArguments {
    @Option(help: "Turns of the engine that are counted.") var turns = 24
    @Option(help: "Scans of each of the 8 partitions in a turn: a power of 2.") var batch = 1_024

    func validate() throws {
        if turns < 1 { throw ValidationError("--turns is 1 or more") }
        if !(1...1_024).contains(batch) || batch.nonzeroBitCount != 1 {
            throw ValidationError("--batch is a power of 2, 1,024 at most")
        }
    }

    /// Prints how many scans were counted and how often memory was asked for.
    func count(isRepeating: Bool) throws {
        AllocationCounter.prove()
        let engine = CountedEngine(isRepeating: isRepeating, batch: batch)
        engine.warmUp()
        let allocations = engine.count(turns: turns)
        if let fault = engine.fault() {
            Program.complain(fault)
            throw ExitCode.failure
        }
        let scans = turns * batch * Int(CountedHunt.partitions)
        print("scans \(scans) turns \(turns) allocations \(allocations)")
    }
}

struct RepeatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repeats", abstract: "Scans of checkpoints that their players have.")
    @OptionGroup var options: BatchOptions

    func run() throws { try options.count(isRepeating: true) }
}

struct WritesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "writes", abstract: "First scans: flushed, committed, published.")
    @OptionGroup var options: BatchOptions

    func run() throws { try options.count(isRepeating: false) }
}
