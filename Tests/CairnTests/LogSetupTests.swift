import Foundation
import Logging
import Settings
import Synchronization
import Testing

@testable import cairn

@Suite("logs")
struct LogSetupTests {
    /// Lines as they are written.
    private final class Sink: Sendable {
        private let kept = Mutex<[String]>([])

        var lines: [String] { kept.withLock { $0 } }

        func logger(_ settings: String...) throws -> Logger {
            let settings = try Settings.load(
                file: nil, environment: [:], overrides: settings, currentDirectory: "/nonexistent")
            return LogSetup.logger(
                settings, "cairn.test", nowMs: { 1_700_000_000_123 },
                write: { line in self.kept.withLock { $0.append(line) } })
        }
    }

    @Test(
        "a level prints itself and all that is more severe", arguments: Settings.Log.Level.allCases, ["json", "text"])
    func levels(level: Settings.Log.Level, format: String) throws {
        let sink = Sink()
        let logger = try sink.logger("log.level=\(level.rawValue)", "log.format=\(format)")
        for level in Logger.Level.allCases { logger.log(level: level, "said at \(level)") }
        let names = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
        let printed = Array(names.drop { $0 != level.rawValue })
        #expect(sink.lines.count == printed.count)
        for (line, name) in zip(sink.lines, printed) {
            #expect(line.contains("said at \(name)"), "\(line)")
            #expect(line.contains(format == "json" ? "\"level\":\"\(name)\"" : "Z \(name) said"), "\(line)")
        }
    }

    @Test("text is one line for people, JSON one object a line")
    func formats() throws {
        let sink = Sink()
        let metadata: Logger.Metadata = ["partition": "3", "offset": "17"]
        try sink.logger("log.format=text").info("lease taken", metadata: metadata)
        try sink.logger("log.format=json").warning("said \"no\"\nand went", metadata: metadata)
        let lines = sink.lines
        try #require(lines.count == 2)
        #expect(lines[0] == "2023-11-14T22:13:20.123Z info lease taken offset=17 partition=3")
        #expect(!lines[1].contains("\n"))
        let object = try JSONSerialization.jsonObject(with: Data(lines[1].utf8)) as? [String: String]
        #expect(
            object == [
                "time": "2023-11-14T22:13:20.123Z", "level": "warning", "message": "said \"no\"\nand went",
                "partition": "3", "offset": "17",
            ])
    }

    @Test("without any configuration info is logged, as JSON")
    func builtIn() throws {
        let sink = Sink()
        let logger = try sink.logger()
        logger.debug("unseen")
        logger.info("seen")
        #expect(sink.lines == [#"{"time":"2023-11-14T22:13:20.123Z","level":"info","message":"seen"}"#])
    }

    @Test("NO_COLOR forbids colour unless it is empty")
    func noColor() {
        #expect(Output.allowsColor([:]) && Output.allowsColor(["NO_COLOR": ""]))
        #expect(!Output.allowsColor(["NO_COLOR": "1"]) && !Output.allowsColor(["NO_COLOR": "0"]))
    }
}
