import ArgumentParser
import Foundation
import HuntCore
import HuntFile
import Reactor
import Storage

struct HuntCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hunt", abstract: "Imports, shows, closes and deletes hunts.",
        subcommands: [Import.self, List.self, Show.self, Export.self, Close.self, Delete.self])

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
