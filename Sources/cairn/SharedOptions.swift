import ArgumentParser
import Foundation
import Settings

/// What every command takes.
struct SharedOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The settings' YAML file (else CAIRN_CONFIG, else ./cairn.yaml where it exists).", valueName: "file"))
    var config: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Overrides a setting, as in log.level=debug; may be given several times.", valueName: "key=value"))
    var overrides: [String] = []

    /// The effective settings.
    ///
    /// - Throws: `CommandFailure`, one line per fault.
    func settings() throws -> Settings {
        do {
            return try Settings.load(
                file: config, environment: ProcessInfo.processInfo.environment, overrides: overrides)
        } catch {
            throw CommandFailure.failed(error.description)
        }
    }
}

/// How a list is printed.
enum ListFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case csv
}

struct FormatOption: ParsableArguments {
    @Option(help: "A table for people, JSON or CSV for programs.")
    var format: ListFormat = .table
}
