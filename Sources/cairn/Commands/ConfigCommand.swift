import ArgumentParser
import Settings

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Shows settings and what they mean.",
        subcommands: [Show.self, Reference.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists effective settings, secrets masked, and where each came from.")
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

    struct Reference: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints what every setting means, with its default and bounds, as Markdown.")

        func run() {
            Swift.print(SettingsReference.markdown(), terminator: "")
        }
    }
}
