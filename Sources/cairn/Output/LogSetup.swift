import Foundation
import HuntCore
import Logging
import Reactor
import Settings

/// Logs go to stderr: one JSON object a line, or text for people.
enum LogSetup {
    /// - Parameters:
    ///   - nowMs: the wall clock, epoch milliseconds.
    ///   - write: takes each line, without its end.
    static func logger(
        _ settings: Settings, _ label: String, nowMs: @escaping @Sendable () -> Int64 = { Clock.epochMs() },
        write: @escaping @Sendable (String) -> Void = { Output.complain($0) }
    ) -> Logger {
        let format = settings.log.format
        var logger = Logger(label: label) { label in
            LineLogHandler(label: label, isJSON: format == .json, nowMs: nowMs, write: write)
        }
        logger.logLevel = Logger.Level(rawValue: settings.log.level.rawValue) ?? .info
        return logger
    }

    /// The same for libraries, whose normal news are of no interest.
    static func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = .warning
        return quiet
    }
}

private struct LineLogHandler: LogHandler {
    let label: String
    let isJSON: Bool
    let nowMs: @Sendable () -> Int64
    let write: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let extra = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = Timestamp.format(nowMs())
        var line: String
        if isJSON {
            line =
                "{\"time\":\"\(time)\",\"level\":\"\(event.level)\",\"message\":\(Listing.quoted("\(event.message)"))"
            for (key, value) in extra { line += ",\(Listing.quoted(key)):\(Listing.quoted("\(value)"))" }
            line += "}"
        } else {
            line = "\(time) \(event.level) \(event.message)"
            for (key, value) in extra { line += " \(key)=\(value)" }
        }
        write(line)
    }
}
