import ArgumentParser
import Foundation
import KafkaClient
import Reactor

/// How to read.
struct ReadOptions: ParsableArguments {
    enum Run: String, CaseIterable, Sendable {
        /// As fast as the server answers.
        case closed
        /// By the clock.
        case paced
        /// Everybody refreshes within seconds.
        case storm
    }

    @Option(help: "How many people are on the board.")
    var players = ScanTemplate.playersMax
    @Option(help: "Scans a second while the board is read.")
    var scans = 5_000
    @Option(help: "R (92 % repeats) or W (every scan is a first one).")
    var mix = "W"
    @Option(help: "Which runs: closed, paced, storm, separated by commas.")
    var runs = "closed,paced,storm"
    @Option(help: "Length of the closed and of the paced run in seconds.")
    var seconds = 30
    @Option(help: "Requests a second of the paced run. [default: half of the closed run's, 10000 without one]")
    var rate: Int?
    @Option(help: "Connections of the closed and of the paced run.")
    var connections = 64
    @Option(help: "Threads of wrk.")
    var threads = 1
    @Option(help: "Telephones of the storm; each asks for the board, its rank and its neighbours.")
    var clients = 35_000
    @Option(help: "Within how many seconds they come.")
    var within = 20
    @Option(help: "Answers to check for each second of a run.")
    var checked = 50
    @Flag(inversion: .prefixedNo, help: "Run `cairn verify` at the end: a minute or two for a million players.")
    var verify = true
    @Option(help: "The same seed makes the same scans and questions.")
    var seed: UInt64 = 1
    @Option(help: "A line of cairn's settings file; may be given several times.")
    var setting: [String] = []
    @Option(help: "The cairn to measure. [default: the one beside this program]")
    var binary: String?
    @Option(help: "How the measured cairn is called in the report.")
    var name = "today"
    @Option(help: "Where the results go as JSON. [default: .bench/read-TIME.json]")
    var json: String?

    /// Requests a second of a paced run without a closed one.
    static let rateAlone = 10_000

    func validate() throws {
        if !(100...ScanTemplate.playersMax).contains(players) {
            throw ValidationError("--players is 100 to \(ScanTemplate.playersMax)")
        }
        if !(10...50_000).contains(scans) { throw ValidationError("--scans is 10 to 50000") }
        if !["R", "W"].contains(mix) { throw ValidationError("--mix is R or W") }
        if chosenRuns.isEmpty { throw ValidationError("--runs is a list of closed, paced and storm") }
        if !(1...600).contains(seconds) { throw ValidationError("--seconds is 1 to 600") }
        if let rate, !(10...200_000).contains(rate) { throw ValidationError("--rate is 10 to 200000") }
        if !(1...4_096).contains(connections) { throw ValidationError("--connections is 1 to 4096") }
        if !(1...connections).contains(threads) { throw ValidationError("--threads is 1 to the connections") }
        if !(1...1_000_000).contains(clients) { throw ValidationError("--clients is 1 to 1000000") }
        if !(1...600).contains(within) { throw ValidationError("--within is 1 to 600") }
        if !(1...10_000).contains(checked) { throw ValidationError("--checked is 1 to 10000") }
    }

    /// Empty when the list names something else.
    var chosenRuns: [Run] {
        let named = runs.split(separator: ",").map { Run(rawValue: String($0)) }
        return named.contains(nil) ? [] : Run.allCases.filter { named.contains($0) }
    }
}

/// `cairn-bench read`: a board that moves, read by many. `make bench-read` builds and runs it.
struct ReadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read", abstract: "A board that moves, read by many; answers are held against the history.",
        discussion: "See docs/benchmarks.md for what each figure means. wrk is the client of the closed run.")

    @OptionGroup var options: ReadOptions

    @Reactor
    func run() async throws {
        try KafkaLibrary.check()
        let date = Date.now
        let session = try await ReadSession(options, date: date)
        do {
            try await session.run()
            await session.close()
        } catch {
            await session.close()
            throw error
        }
        let report = session.report
        print(ReadTable(report: report).text)
        let path = options.json ?? ".bench/read-\(ReportFile.stamp(date)).json"
        try ReportFile.write(report, to: path)
        print("\nwritten to \(path)")
        if !report.faults.isEmpty {
            throw BenchFailure.inexact("readers saw what must not be:\n\(report.faults.joined(separator: "\n"))")
        }
    }
}
