import Foundation
import Reactor

/// All runs of one call, one after the other, each on servers of its own.
@Reactor
struct BenchSession {
    private(set) var report: BenchReport
    /// When it began, for a file's name: `20261121-045500`.
    let fileStamp: String
    private let options: BenchOptions
    /// Name and path; the one under test first.
    private let programs: [(name: String, path: String)]

    init(_ options: BenchOptions) throws {
        self.options = options
        var programs = [(name: options.name, path: try options.binary ?? Self.neighbour())]
        if let base = options.base { programs.append((options.baseName, base)) }
        self.programs = programs
        let now = Date.now
        fileStamp = now.formatted(.verbatim(Self.stampFormat, timeZone: .gmt, calendar: .init(identifier: .gregorian)))
        report = BenchReport(
            date: now.formatted(.iso8601),
            parameters: .init(
                records: options.count, players: options.players, zipf: options.zipf, seed: options.seed,
                pacedSeconds: options.pacedSeconds, burstSeconds: options.burstSeconds, runs: options.runCount),
            revisions: programs.map(\.name))
    }

    /// Makes all runs. What takes its time says so on stderr.
    ///
    /// - Throws: `BenchFailure`, and what the parts throw, at the first run that fails or is not exact.
    mutating func run() async throws {
        for mix in options.mixes {
            for kind in options.chosenKinds ?? [] {
                switch kind {
                case .drain: try await repeated(.drain(records: options.count), mix)
                case .paced:
                    let drained = report.groups.first { $0.name == "drain" && $0.mix == mix.name }
                    let rate = options.secondRate(drained: drained?.median(\.scansPerSecond))
                    for rate in [BenchOptions.slowRate, rate] {
                        try await repeated(.load(.steady(rate: rate), seconds: options.pacedSeconds), mix)
                    }
                case .burst:
                    let bursts = LoadProfile.bursts(mean: BenchOptions.burstMean)
                    try await repeated(.load(bursts, seconds: options.burstSeconds), mix)
                }
            }
        }
    }

    /// The programs take turns, so that a machine that gets slower meanwhile is so for all of them.
    private mutating func repeated(_ kind: RunPlan.Kind, _ mix: Mix) async throws {
        for number in 1...options.runCount {
            for program in programs {
                let plan = RunPlan(
                    kind: kind, mix: mix, players: options.players, exponent: options.zipf, seed: options.seed,
                    program: program.path, revision: program.name)
                Self.say("\(plan.name), mix \(mix.name), \(program.name), run \(number) of \(options.runCount)")
                report.results.append(try await perform(plan))
            }
        }
    }

    private mutating func perform(_ plan: RunPlan) async throws -> RunResult {
        let stage = try await BenchStage.set(program: plan.program)
        do {
            if report.machine == nil { report.machine = try await Machine.describe(stage) }
            let result =
                switch plan.kind {
                case .drain(let records): try await DrainRun(plan: plan, records: records).run(on: stage)
                case .load(let profile, let seconds):
                    try await LoadRun(plan: plan, profile: profile, seconds: seconds).run(on: stage)
                }
            await stage.stop()
            return result
        } catch {
            await stage.stop()
            throw error
        }
    }

    static func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    /// `cairn` in the folder of this program. The link is resolved, since a child would see its own.
    static func neighbour() throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("cairn").path
    }

    private static let stampFormat: Date.FormatString =
        "\(year: .defaultDigits)\(month: .twoDigits)\(day: .twoDigits)-\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\(minute: .twoDigits)\(second: .twoDigits)"
}
