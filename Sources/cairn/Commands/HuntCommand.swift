import ArgumentParser
import Foundation
import HuntCore
import HuntFile
import Reactor
import Storage

struct HuntCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hunt", abstract: "Imports and shows hunts.",
        subcommands: [Import.self, List.self, Show.self, Export.self])

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes the database's definition of a hunt equal to a file, while workers run.",
            discussion: """
                All faults of the file are listed with their lines, and nothing changes when there is one. Importing an \
                equal file changes nothing.

                  cairn hunt import old-town.yaml
                  cairn hunt export old-town | cairn hunt import -
                """)
        @OptionGroup var shared: SharedOptions
        @Argument(help: "A hunt file (YAML), or - for standard input.")
        var file: String

        @Reactor
        func run() async throws {
            let definition = try HuntReader.read(file)
            let outcome = try await Database.with(try shared.settings()) { database in
                try await DefinitionStore(pool: database.pool).importHunt(definition)
            }
            switch outcome {
            case .created: Output.line("\(definition.slug): imported, \(definition.checkpoints.count) checkpoints")
            case .unchanged: Output.line("\(definition.slug): unchanged")
            case .changed(let version): Output.line("\(definition.slug): changed, rules version \(version)")
            case .refused(let players):
                throw CommandFailure.refused(
                    """
                    \(definition.slug): \(players) players have scans of this hunt, and other rules would change their \
                    scores; nothing was changed. Import the new rules under another slug
                    """)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists hunts.")
        @OptionGroup var shared: SharedOptions
        @OptionGroup var format: FormatOption

        @Reactor
        func run() async throws {
            let hunts = try await Database.with(try shared.settings()) { database in
                try await DefinitionStore(pool: database.pool).hunts()
            }
            var listing = Listing("hunt", "title", "opens_at", "closes_at", "checkpoints", "trails", "rules_version")
            listing.rows = hunts.map { hunt in
                let definition = hunt.definition
                return [
                    .text(definition.slug), Cell(text: definition.title), .time(definition.opensAt),
                    .time(definition.closesAt), .integer(Int64(definition.checkpoints.count)),
                    .integer(Int64(definition.trails.count)), .integer(Int64(hunt.rulesVersion)),
                ]
            }
            listing.print(as: format.format)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists a hunt's checkpoints.")
        @OptionGroup var shared: SharedOptions
        @OptionGroup var format: FormatOption
        @Argument(help: "The hunt's slug.")
        var slug: String

        @Reactor
        func run() async throws {
            let hunt = try await HuntReader.stored(slug, try shared.settings())
            var listing = Listing("checkpoint", "tag", "points", "title", "zone", "requires", "opens_at", "closes_at")
            listing.rows = hunt.definition.checkpoints.map { checkpoint in
                [
                    .text(checkpoint.id), .text(checkpoint.tag), .integer(checkpoint.points),
                    Cell(text: checkpoint.title), Cell(text: checkpoint.zone),
                    .text(checkpoint.requires.joined(separator: " ")), Cell(time: checkpoint.opensAt),
                    Cell(time: checkpoint.closesAt),
                ]
            }
            listing.print(as: format.format)
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints a hunt as a file; importing it again changes nothing.")
        @OptionGroup var shared: SharedOptions
        @Argument(help: "The hunt's slug.")
        var slug: String

        @Reactor
        func run() async throws {
            let hunt = try await HuntReader.stored(slug, try shared.settings())
            print(HuntFile.render(hunt.definition), terminator: "")
        }
    }
}
