import ArgumentParser
import PostgresClient
import Reactor
import RedisClient
import Settings
import Storage

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recomputes every score of a hunt from its facts and compares; exits with 3 on any difference.",
        discussion: """
            In one snapshot of the database, while workers go on: score rows against the facts, the counters of every \
            partition, and the keys that Redis holds (older by more than 5 s or newer than Postgres is a difference).

            Of the differences the first 20 are listed. As JSON or CSV only they go to standard output.

              cairn verify lisbon-2026
              cairn verify lisbon-2026 --no-hot --format json
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var format: FormatOption
    @Argument(help: "The hunt's slug.")
    var hunt: String
    @Flag(name: .customLong("no-hot"), help: "Leaves Redis out.")
    var leavesHotTierOut = false

    @Reactor
    func run() async throws {
        let settings = try shared.settings()
        let report = try await Database.with(settings) { database in
            let redis = leavesHotTierOut ? nil : try await connect(settings)
            defer { redis?.close() }
            let bar = ProgressBar("players")
            defer { bar.finish() }
            do throws(VerificationError) {
                return try await Verification(pool: database.pool, redis: redis).run(hunt: hunt) { players, total in
                    bar.update(players, total: max(players, total))
                }
            } catch {
                switch error {
                case .unknownHunt:
                    throw CommandFailure.failed(
                        "there is no hunt \(hunt): `cairn hunt list` shows those that are imported")
                case .database(let error): throw error
                case .hotTier(let error): throw Self.away(error)
                }
            }
        }
        try tell(report)
    }

    @Reactor
    private func connect(_ settings: Settings) async throws -> RedisClient {
        do throws(RedisError) {
            let client = try RedisClient(settings.redisSettings)
            do throws(RedisError) {
                try await client.connect()
            } catch {
                client.close()
                throw error
            }
            return client
        } catch {
            throw Self.away(error)
        }
    }

    private static func away(_ error: RedisError) -> CommandFailure {
        CommandFailure.failed("\(error.description); --no-hot verifies without Redis")
    }

    private func tell(_ report: VerificationReport) throws {
        list(report)
        if report.uncountedFacts > 0 {
            Output.complain(
                "note: \(report.uncountedFacts) facts are not in any partition's counters, as after `cairn lease reset`"
            )
        }
        if report.isBeingRescored {
            Output.complain(
                "note: players of \(hunt) are being counted by new rules; until `cairn hunt import --rescore` is done "
                    + "scores differ")
        }
        let keys = leavesHotTierOut ? "keys not checked" : "\(report.keys) keys"
        let checked = "\(report.players) players, \(report.facts) facts, \(report.partitions) partitions, \(keys)"
        if report.differenceCount > 0 {
            let plural = report.differenceCount == 1 ? "" : "s"
            throw CommandFailure.refused("\(hunt): \(report.differenceCount) difference\(plural) in \(checked)")
        }
        let verdict = "\(hunt): no difference in \(checked)"
        if format.format == .table { Output.line(verdict) } else { Output.complain(verdict) }
    }

    private func list(_ report: VerificationReport) {
        let unshown = report.differenceCount - Int64(report.differences.count)
        let more = "... and \(unshown) more"
        guard format.format != .table else {
            for difference in report.differences { Output.line(difference.description) }
            if unshown > 0 { Output.line(more) }
            return
        }
        var listing = Listing("kind", "subject", "detail")
        listing.rows = report.differences.map { [.text($0.kind.rawValue), .text($0.subject), .text($0.detail)] }
        listing.print(as: format.format)
        if unshown > 0 { Output.complain(more) }
    }
}
