import ArgumentParser
import Reactor
import Storage

struct StandingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "standings", abstract: "Lists a hunt's players by rank, as Postgres has them now.",
        discussion: """
            Players without an unlocked checkpoint are not listed.

              cairn standings lisbon-2026 --limit 10
              cairn standings lisbon-2026 --offset 100 --format csv
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var format: FormatOption
    @Argument(help: "The hunt's slug.")
    var hunt: String
    @Option(help: "How many players to list at most.")
    var limit: Int64 = 20
    @Option(help: "How many players to leave out at the top.")
    var offset: Int64 = 0

    func validate() throws {
        if limit < 0 { throw ValidationError("--limit is 0 or more") }
        if offset < 0 { throw ValidationError("--offset is 0 or more") }
    }

    @Reactor
    func run() async throws {
        let page = try await Database.with(try shared.settings()) { database in
            try await StandingsReport(pool: database.pool).page(hunt: hunt, limit: limit, offset: offset)
        }
        guard let page else {
            throw CommandFailure.failed("there is no hunt \(hunt): `cairn hunt list` shows those that are imported")
        }
        var listing = Listing("hunt", "rank", "player", "score", "unlocks", "reached_at")
        listing.rows = page.map { row in
            [
                .text(row.hunt), .integer(row.rank), .text(row.player), .integer(row.score),
                .integer(Int64(row.unlocks)), Cell(time: row.reachedAt),
            ]
        }
        listing.print(as: format.format)
    }
}
