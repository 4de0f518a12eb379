import ArgumentParser
import Reactor
import Storage

struct PlayerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "player", abstract: "Explains a player's score (`cairn player HUNT PLAYER`), or erases the player.",
        discussion: """
            `cairn player HUNT PLAYER` is short for `cairn player show HUNT PLAYER`. Write it in full for a hunt that \
            has the name of a subcommand (`cairn player show show ana`), and put -- before a player whose id begins \
            with a dash (`cairn player show lisbon-2026 -- -ana`).
            """,
        subcommands: [Show.self, PlayerEraseCommand.self], defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows score, rank and why: every contribution, what waits for what, refusals, neighbours.",
            discussion: """
                Everything is from one snapshot of Postgres. Repeated scans are not shown. Of the scans that were \
                kept when they were refused, those whose JSON names the hunt and the player are shown, newest first, \
                at most 1,000; a value that was cut or is no JSON cannot be attributed to anybody.

                contributions: what counts, since when (`at`: later than the scan where a requirement came later).
                trails: complete ones with the time they paid, begun ones with the checkpoints that do not count yet.
                waiting: scanned, but not counted; `requires` are the requirements that do not count, `to_scan` is \
                all that the player must still scan for it.

                As JSON it is one object: hunt, player, ranking, rank, score, unlocks, reached_at, version, \
                updated_at, sum (what the contributions and trails add up to), refused_count; and the lists \
                contributions, trails, waiting, refused, neighbours. As CSV the contributions only.
                """)

        @OptionGroup var shared: SharedOptions
        @OptionGroup var format: FormatOption
        @Argument(help: "The hunt's slug.")
        var hunt: String
        @Argument(help: "The player's id.")
        var player: String
        @Option(help: "How many players above and below to show, at most 1,000.")
        var neighbours: Int64 = 3

        func validate() throws {
            if !(0...1_000).contains(neighbours) { throw ValidationError("--neighbours is 0 to 1000") }
        }

        @Reactor
        func run() async throws {
            let reading = try await Database.with(try shared.settings()) { database in
                try await PlayerReport(pool: database.pool).read(hunt: hunt, player: player, neighbours: neighbours) {
                    RefusedValue.names($0, hunt: hunt, player: player)
                }
            }
            let name = RefusedCommand.printable(Array(player.utf8))
            guard let reading else {
                throw CommandFailure.failed("there is no hunt \(hunt): `cairn hunt list` shows those that are imported")
            }
            if reading.score == nil, reading.refusals.isEmpty {
                throw CommandFailure.failed(
                    """
                    no scan of player \(name) in \(hunt) was accepted or kept as refused: `cairn standings \(hunt)` \
                    lists players, `cairn refused` counts what was refused
                    """)
            }
            let sheet = PlayerSheet(player: player, reading)
            switch format.format {
            case .table: sheet.printTable()
            case .json: Output.line(sheet.json)
            case .csv: sheet.contributions.print(as: .csv)
            }
            if let difference = sheet.difference { Output.complain("cairn: \(difference)") }
        }
    }
}
