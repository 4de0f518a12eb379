import Foundation
import Reactor

/// All runs of one call, one after the other, each on servers of its own.
@Reactor
struct BenchSession {
    private(set) var report: BenchReport
    /// When it began, for a file's name: `20261121-045500`.
    let fileStamp: String
    private let options: BenchOptions
    /// The one under test first.
    private let programs: [CairnProgram]

    private static let workerCounts = [1, 2, 4]

    init(_ options: BenchOptions) throws {
        self.options = options
        let settings = options.workload.settings
        let own = try options.binary ?? CairnProgram.neighbour()
        var programs = [CairnProgram(name: options.name, path: own, settings: settings)]
        if let base = options.base {
            programs.append(CairnProgram(name: options.baseName, path: base, settings: settings))
        }
        self.programs = programs
        let now = Date.now
        fileStamp = ReportFile.stamp(now)
        report = BenchReport(
            date: now.formatted(.iso8601),
            parameters: .init(
                records: options.count, players: options.workload.players, zipf: options.workload.zipf,
                seed: options.workload.seed,
                pacedSeconds: options.pacedSeconds, burstSeconds: options.burstSeconds, runs: options.runCount,
                settings: options.workload.setting),
            revisions: programs.map(\.name))
    }

    /// Makes all runs. What takes its time says so on stderr.
    ///
    /// - Throws: `BenchFailure`, and what the parts throw, at the first run that fails or is not exact.
    mutating func run() async throws {
        for mix in options.workload.mixes {
            for kind in options.chosenKinds ?? [] {
                switch kind {
                case .drain: try await repeated([.drain(records: options.count)], mix)
                case .paced:
                    let drained = report.groups.first { $0.name == "drain" && $0.mix == mix.name }
                    let rate = options.secondRate(drained: drained?.median(\.scansPerSecond))
                    for rate in [BenchOptions.slowRate, rate] {
                        try await repeated([.load(.steady(rate: rate), seconds: options.pacedSeconds)], mix)
                    }
                case .burst:
                    let bursts = LoadProfile.bursts(mean: BenchOptions.burstMean)
                    try await repeated([.load(bursts, seconds: options.burstSeconds)], mix)
                case .scale:
                    let kinds = Self.workerCounts.map { workers in
                        RunPlan.Kind.scale(
                            rate: BenchOptions.scaleRate, seconds: options.pacedSeconds, workers: workers)
                    }
                    try await repeated(kinds, mix)
                }
            }
        }
    }

    /// Programs and kinds take turns, so that a machine that gets slower meanwhile is so for all of them.
    private mutating func repeated(_ kinds: [RunPlan.Kind], _ mix: Mix) async throws {
        for number in 1...options.runCount {
            for kind in kinds {
                for program in programs {
                    let plan = RunPlan(
                        kind: kind, mix: mix, players: options.workload.players, exponent: options.workload.zipf,
                        seed: options.workload.seed, contender: program)
                    Self.say("\(plan.name), mix \(mix.name), \(program.name), run \(number) of \(options.runCount)")
                    let result = try await plan.perform { stage in
                        if report.machine == nil { report.machine = try await Machine.describe(stage) }
                    }
                    report.results.append(result)
                }
            }
        }
    }

    static func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
