import ArgumentParser
import FlowCore
import KafkaClient
import Reactor
import Settings
import Storage

struct PlayerEraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Deletes all that is known of a player of a hunt.",
        discussion: """
            Facts and score go from Postgres, the key from Redis, and the feed gets a tombstone. The values of the \
            player's refused scans are deleted, too, and those that name no player but hold the id. The other \
            players' ranks follow at once. Scans of this player that come later count from nothing. What the topic of \
            scans still holds goes with Kafka's retention. Repeat it when the feed was away.
            """)
    @OptionGroup var shared: SharedOptions
    @Flag(help: "Really erase the player; there is no way back.")
    var yes = false
    @Argument(help: "The hunt's slug.")
    var hunt: String
    @Argument(help: "The player's id.")
    var player: String

    func validate() throws {
        let count = player.utf8.count
        if count < 1 || count > PlayerKey.bytesMax { throw ValidationError("a player's id has 1 to 64 bytes") }
        if !yes {
            throw ValidationError("this deletes all scans of \(player) in \(hunt): repeat it with --yes to do so")
        }
    }

    @Reactor
    func run() async throws {
        let settings = try shared.settings()
        let outcome = try await Database.with(settings) { database in
            try await Projections.with(settings, hunt: hunt) { projections in
                let erasure = PlayerErasure(pool: database.pool, hunt: hunt, player: player)
                let outcome = try await erasure.run {
                    RefusedValue.mayBeAbout(Array($0), hunt: hunt, player: player)
                }
                guard let outcome else {
                    throw CommandFailure.failed(
                        "there is no hunt \(hunt): `cairn hunt list` shows those that are imported")
                }
                try await clean(outcome.huntID, projections) { try await erasure.returned(huntID: outcome.huntID) }
                return outcome
            }
        }
        if !outcome.isQuiet {
            Output.complain(
                """
                note: a worker has not published all that it had committed before; if its feed comes back later, \
                erase the player once more then
                """)
        }
        Output.line(
            """
            \(hunt)/\(player): erased, \(outcome.facts) facts, \(outcome.hadScore ? "a score" : "no score"), \
            \(outcome.refusals) refused scans
            """)
    }

    /// The tombstone, and after it the player as they are now, where they have come back.
    @Reactor
    private func clean(
        _ huntID: Int32, _ projections: ProjectionWriter, returned: @Reactor () async throws -> PublishItem?
    ) async throws {
        let id = Array(player.utf8)
        let key = id.withUnsafeBytes { PlayerKey(huntID: huntID, player: $0) }
        do throws(KafkaError) {
            try await projections.erase([key])
        } catch {
            throw CommandFailure.failed(
                "\(error.description); Postgres holds nothing of the player any more, the feed does: run this again")
        }
        guard let item = try await returned() else { return }
        do throws(KafkaError) {
            try await projections.publish([item])
        } catch {
            throw CommandFailure.failed(
                "\(error.description); the player is erased and has scanned again, which the feed does not tell yet")
        }
    }
}
