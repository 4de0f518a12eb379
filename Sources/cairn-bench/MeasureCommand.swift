import ArgumentParser
import KafkaClient
import Reactor

/// `cairn-bench`, `cairn-bench measure`: rates, CPU and latencies.
struct MeasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Rates, CPU and latencies.",
        discussion: "See docs/benchmarks.md for what each figure means.")

    @OptionGroup var options: BenchOptions

    @Reactor
    func run() async throws {
        try KafkaLibrary.check()
        var session = try BenchSession(options)
        try await session.run()
        print(ReportTables(report: session.report).text)
        let path = options.json ?? ".bench/results-\(session.fileStamp).json"
        try ReportFile.write(session.report, to: path)
        print("\nwritten to \(path)")
    }
}
