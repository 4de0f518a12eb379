import DevStack
import Foundation
import PostgresClient
import Reactor
import RedisClient

/// All runs of one comparison, in turn, each on servers of its own.
@Reactor
struct CompareSession {
    private(set) var report: CompareReport
    private let options: CompareOptions
    private var contenders: [any Contender]

    /// Builds the peers. One that cannot be built says so on stderr and in the report.
    ///
    /// - Throws: `BenchFailure` when there is nobody to compare with.
    init(_ options: CompareOptions, date: Date) async throws {
        self.options = options
        let workload = options.workload
        let counts = workload.mixes.map { ($0.name, options.records($0)) }
        let cairn = CairnProgram(
            name: CompareReport.cairn, path: try options.binary ?? CairnProgram.neighbour(),
            settings: options.workload.settings)
        contenders = [cairn]
        report = CompareReport(
            date: date.formatted(.iso8601), command: ProcessInfo.processInfo.arguments, revision: options.name,
            parameters: .init(
                runs: options.runs, records: Dictionary(uniqueKeysWithValues: counts), players: workload.players,
                zipf: workload.zipf, seed: workload.seed, rate: options.rate, pacedSeconds: options.seconds),
            contenders: [cairn.name])
        let workshop = PeerWorkshop(peers: Self.absolute(options.peers), home: Self.absolute(options.home))
        for name in options.names {
            BenchSession.say("building \(name)")
            do throws(PeerWorkshop.Unavailable) {
                let build: @Sendable () throws(PeerWorkshop.Unavailable) -> PeerProgram = {
                    () throws(PeerWorkshop.Unavailable) in
                    try workshop.build(name)
                }
                contenders.append(try await Reactor.blocking(build))
                report.contenders.append(name)
            } catch {
                BenchSession.say("\(name) skipped: \(error.reason)")
                report.absences.append(.init(name: name, job: nil, reason: error.reason))
            }
        }
        if contenders.count == 1 { throw BenchFailure.failed("none of \(options.only) can be compared with") }
    }

    /// Makes all runs. What takes its time says so on stderr.
    ///
    /// - Throws: `BenchFailure`, and what the parts throw, at the first run of cairn that fails or is not exact.
    mutating func run() async throws {
        let mixes = options.workload.mixes
        for kind in options.chosenKinds ?? [] {
            switch kind {
            case .drain: for mix in mixes { try await rounds(.drain(records: options.records(mix)), mix) }
            case .paced: try await rounds(.load(.steady(rate: options.rate), seconds: options.seconds), mixes[0])
            }
        }
    }

    private mutating func rounds(_ kind: RunPlan.Kind, _ mix: Mix) async throws {
        var playing = contenders
        for number in 1...options.runs {
            for contender in playing {
                let plan = RunPlan(
                    kind: kind, mix: mix, players: options.workload.players, exponent: options.workload.zipf,
                    seed: options.workload.seed, contender: contender)
                BenchSession.say("\(plan.name), mix \(mix.name), \(contender.name), run \(number) of \(options.runs)")
                do {
                    report.results.append(try await perform(plan))
                } catch  where contender is PeerProgram {
                    let reason = Self.reason(error)
                    BenchSession.say("\(contender.name) has no figures of this: \(reason)")
                    report.exclude(contender.name, job: plan.name, mix: mix.name, because: reason)
                    playing.removeAll { $0.name == contender.name }
                }
            }
        }
    }

    private mutating func perform(_ plan: RunPlan) async throws -> RunResult {
        try await plan.perform { stage in
            if report.machine == nil { report.machine = try await Machine.describe(stage) }
        }
    }

    private static func reason(_ error: any Error) -> String {
        (error as? BenchFailure)?.message ?? String(describing: error)
    }

    private static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
}
