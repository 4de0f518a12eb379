import ArgumentParser
import Settings

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Shows settings.", subcommands: [Show.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Effective settings, secrets masked, and where each came from.")
        @OptionGroup var shared: SharedOptions
        @OptionGroup var format: FormatOption

        func run() throws {
            var listing = Listing("setting", "value", "source")
            listing.rows = try shared.settings().listing.map {
                [.text($0.name), .text($0.value), .text($0.source.description)]
            }
            listing.print(as: format.format)
        }
    }
}
