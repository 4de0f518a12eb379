import ArgumentParser
import Foundation
import KafkaClient
import Reactor

/// How to soak.
struct SoakOptions: ParsableArguments {
    @Option(help: "How long.")
    var minutes = 30.0
    @Option(help: "Records a second; 92 % are repeats.")
    var rate = 10_000
    @Option(help: "A worker joins or leaves every so many seconds.")
    var churn = 10
    @Option(help: "How many people play.")
    var players = 50_000
    @Option(help: "The exponent by which some players scan more than others.")
    var zipf = 0.8
    @Option(help: "Memory for players' states in a worker. Small, so that it fills during the warm-up.")
    var cache = "4MiB"
    @Option(help: "The same seed makes the same records.")
    var seed: UInt64 = 1
    @Option(help: "The cairn to run. [default: the one beside this program]")
    var binary: String?
    @Option(help: "Where the samples go as CSV.")
    var samples = ".bench/soak.csv"

    var seconds: Int { Int(minutes * 60) }
    var changeEveryMs: Int64 { Int64(churn) * 1_000 }

    func validate() throws {
        if !(0.2...1_440).contains(minutes) { throw ValidationError("--minutes is 0.2 to 1440") }
        if !(100...100_000).contains(rate) { throw ValidationError("--rate is 100 to 100000") }
        if !(1...3_600).contains(churn) { throw ValidationError("--churn is 1 to 3600") }
        if !(1...ScanTemplate.playersMax).contains(players) {
            throw ValidationError("--players is 1 to \(ScanTemplate.playersMax)")
        }
        if !(0...3).contains(zipf) { throw ValidationError("--zipf is 0 to 3") }
        let records = rate * (seconds + 2)
        if records > BenchHunt.recordsMax { throw ValidationError("so many records do not fit into the hunt's time") }
        // 8 % of the records are first scans.
        let needed = records / 10 / BenchHunt.checkpoints + 1
        if players < needed { throw ValidationError("so many records need \(needed) players") }
    }
}

/// `cairn-bench soak`: does anything grow that should not?
struct SoakCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak", abstract: "Load for a long time while workers come and go; then exactness and flatness.")

    @OptionGroup var options: SoakOptions

    @Reactor
    func run() async throws {
        try KafkaLibrary.check()
        let program = CairnProgram(
            name: "cairn", path: try options.binary ?? CairnProgram.neighbour(),
            settings: "state: {cache: \(options.cache)}\n")
        let stage = try await BenchStage.set(for: program)
        do {
            try await soak(program, on: stage)
            await stage.stop()
        } catch {
            await stage.stop()
            throw error
        }
    }

    @Reactor
    private func soak(_ program: CairnProgram, on stage: BenchStage) async throws {
        let run = try await SoakRun(options, program, on: stage)
        do {
            try await run.run()
        } catch {
            _ = show(run.figures)
            throw error
        }
        let judgement = show(run.figures)
        print("every score, fact, count and key is exact; cairn verify agrees")
        if !judgement.faults.isEmpty {
            throw BenchFailure.inexact("not flat: \(judgement.faults.joined(separator: "; "))")
        }
        print("flat")
    }

    private func show(_ figures: SoakFigures) -> SoakJudgement {
        let judgement = SoakJudgement(figures, minutes: options.minutes)
        print(SoakTable(figures: figures, judgement: judgement).text)
        let path = URL(fileURLWithPath: options.samples)
        let folder = path.deletingLastPathComponent()
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if (try? figures.csv.write(to: path, atomically: true, encoding: .utf8)) != nil {
            print("samples are in \(options.samples)")
        }
        return judgement
    }
}
