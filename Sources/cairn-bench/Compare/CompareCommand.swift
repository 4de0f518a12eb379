import ArgumentParser
import Foundation
import KafkaClient
import Reactor

/// `cairn-bench compare`: cairn and other systems at the same job, in turn. `make compare` builds cairn and runs it.
struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "cairn and other systems at the same job, in turn.",
        discussion: "See docs/benchmarks.md for what a folder of other systems holds and what each figure means.")

    @OptionGroup var options: CompareOptions

    @Reactor
    func run() async throws {
        try KafkaLibrary.check()
        let date = Date.now
        var session = try await CompareSession(options, date: date)
        try await session.run()
        let table = CompareTable(report: session.report).text
        print(table)
        let json = options.json ?? ".bench/compare-\(ReportFile.stamp(date)).json"
        let markdown = (json.hasSuffix(".json") ? String(json.dropLast(".json".count)) : json) + ".md"
        try ReportFile.write(session.report, to: json)
        try ReportFile.write(table, to: markdown)
        print("\nwritten to \(json) and \(markdown)")
    }
}
