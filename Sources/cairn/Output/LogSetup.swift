import Foundation
import HuntCore
import Logging
import Reactor
import Settings

/// Logs go to stderr: one JSON object a line, or text for people.
enum LogSetup {
    static func logger(_ settings: Settings, _ label: String) -> Logger {
        let format = settings.log.format
        var logger = Logger(label: label) { label in
            LineLogHandler(label: label, isJSON: format == .json)
        }
        logger.logLevel = Logger.Level(rawValue: settings.log.level.rawValue) ?? .info
        return logger
    }
}

private struct LineLogHandler: LogHandler {
    let label: String
    let isJSON: Bool
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let extra = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let time = Timestamp.format(Clock.epochMs())
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
        Output.complain(line)
    }
}
