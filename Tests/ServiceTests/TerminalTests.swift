import Foundation
import Reactor
import Testing

extension ServiceTests {
    @Suite("On a terminal and elsewhere")
    struct Terminals {
        private static let arguments = ["simulate", "harbour", "--rate", "100", "--seconds", "2"]

        @Test(
            "progress is a bar on a terminal, coloured unless NO_COLOR forbids it, and plain lines elsewhere",
            .timeLimit(.minutes(2)))
        @Reactor
        func progress() async throws {
            try await withSite(partitions: 1) { site in
                let plain = try await site.cairn(Self.arguments)
                #expect(plain.status == 0, "\(plain.output)")
                #expect(plain.output.contains(/(^|\n)1 s: \d+ produced/), "\(plain.output)")
                #expect(!plain.output.contains("\r") && !plain.output.contains("\u{1B}"), "\(plain.output)")

                for (variables, hasColor) in [
                    (["-u", "NO_COLOR"], true), (["NO_COLOR="], true), (["NO_COLOR=1"], false),
                ] {
                    let output = try await Self.outputOnTerminal(site, variables + ["TERM=xterm"])
                    let bars = output.split(separator: "\r").filter { $0.wholeMatch(of: Self.bar(hasColor)) != nil }
                    #expect(bars.count >= 2, "\(variables): \(output)")
                    #expect(output.contains("\u{1B}") == hasColor, "\(variables): \(output)")
                    #expect(!output.contains(/\d s: \d+ produced/), "\(variables): \(output)")
                }
            }
        }

        private static func bar(_ hasColor: Bool) -> Regex<Substring> {
            hasColor
                ? /1 s \[\x{1B}\[32m#+\x{1B}\[0m\.+\] \d+ produced.*/
                : /1 s \[#+\.+\] \d+ produced.*/
        }

        @Reactor
        private static func outputOnTerminal(_ site: Site, _ variables: [String]) async throws -> String {
            let process = try await site.start(arguments, site.settings, terminal: variables)
            if !(await eventually(within: 30, { !process.isRunning })) { process.signal(SIGKILL) }
            let status = await process.wait()
            let output = WorkerProcess(process: process).log
            #expect(status == 0, "\(variables): \(output)")
            return output
        }
    }
}
