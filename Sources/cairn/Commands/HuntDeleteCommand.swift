import ArgumentParser
import Reactor
import Settings
import Storage

extension HuntCommand {
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes a hunt with its facts and scores, while workers run.",
            discussion: """
                Its scans are refused as unknown_hunt from then on. Facts and scores go from Postgres, keys from \
                Redis, and the feed gets a tombstone for each player. Refused scans stay until they are purged. After \
                an interruption the same command goes on where it was.
                """)
        @OptionGroup var shared: SharedOptions
        @Flag(help: "Really delete it; there is no way back but a replay of all scans.")
        var yes = false
        @Argument(help: "The hunt's slug.")
        var slug: String

        @Reactor
        func run() async throws {
            let settings = try shared.settings()
            try await Database.with(settings) { database in
                let deletion = HuntDeletion(pool: database.pool, slug: slug)
                guard let extent = try await deletion.extent() else {
                    throw CommandFailure.failed(
                        "there is no hunt \(slug): `cairn hunt list` shows those that are imported")
                }
                let what = "\(extent.players) players and \(extent.facts) facts"
                if !yes {
                    throw CommandFailure.usage("this deletes \(slug) with \(what): repeat it with --yes to do so")
                }
                try await delete(deletion, extent, settings)
                Output.line("\(slug): deleted with \(what)")
            }
        }

        @Reactor
        private func delete(
            _ deletion: HuntDeletion, _ extent: HuntDeletion.Extent, _ settings: Settings
        ) async throws {
            let progress = ProgressBar("players", total: extent.players)
            try await Projections.with(settings, hunt: slug) { projections in
                defer { progress.finish() }
                guard let huntID = try await deletion.begin() else { return }
                do throws(RescoreError) {
                    try await deletion.finish(huntID: huntID, erase: projections.erase) { progress.update($0) }
                } catch {
                    let remedy = "`cairn hunt delete \(slug) --yes` goes on where this ended"
                    switch error {
                    case .database(let error): throw CommandFailure.failed("\(error.description); \(remedy)")
                    case .feed(let error): throw CommandFailure.failed("\(error.description); \(remedy)")
                    case .takenOver: throw CommandFailure.failed(remedy)
                    }
                }
            }
        }
    }
}
