import ArgumentParser
import HuntCore
import Reactor
import Settings
import Storage

extension HuntCommand {
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes the database's definition of a hunt equal to a file, while workers run.",
            discussion: """
                A hunt that has facts changes only with --rescore: without it nothing is changed, and the list shows \
                which scores would (exit code 3). With it the new rules are in force at once, refused scans that they \
                accept are judged again (outside_window, too_late, unknown_tag), and all players are counted anew in \
                small steps. After an interruption the same command goes on where it was.

                Points, bonuses, requirements, trails, ranking and titles may change, checkpoints may be added, \
                windows and grace may widen. Anything else needs a new hunt and a replay.
                """)
        @OptionGroup var shared: SharedOptions
        @OptionGroup var format: FormatOption
        @Flag(help: "Change the rules of a hunt that has facts, and count all its players anew.")
        var rescore = false
        @Argument(help: "A hunt file (YAML), or - for standard input.")
        var file: String

        @Reactor
        func run() async throws {
            let definition = try HuntReader.read(file)
            let settings = try shared.settings()
            try await Database.with(settings) { database in
                let store = DefinitionStore(pool: database.pool)
                let before = rescore ? try await preview(definition, store)?.moves : nil
                let outcome = try await store.importHunt(definition, rescore: before)
                try await answer(outcome, definition, settings, database)
            }
        }

        @Reactor
        private func answer(
            _ outcome: ImportOutcome, _ definition: HuntDefinition, _ settings: Settings, _ database: Database
        ) async throws {
            let slug = definition.slug
            switch outcome {
            case .created: Output.line("\(slug): imported, \(definition.checkpoints.count) checkpoints")
            case .unchanged: Output.line("\(slug): unchanged")
            case .changed(let version): Output.line("\(slug): changed, rules version \(version)")
            case .rescoring(let version):
                Output.complain("\(slug): rules version \(version) is in force; counting its players anew")
                try await count(slug, settings, database)
            case .unfinished where rescore:
                Output.complain("\(slug): unchanged, but its players were not all counted anew; going on")
                try await count(slug, settings, database)
            case .unfinished:
                throw CommandFailure.refused(
                    "\(slug): unchanged, but its players were not all counted anew; go on with "
                        + "`cairn hunt import --rescore \(file)`")
            case .needsRescore(let change):
                try await show(change, definition, database)
                throw CommandFailure.refused(
                    "\(slug) has facts and nothing was changed; `cairn hunt import --rescore \(file)` carries this out")
            case .forbidden(let change):
                for line in change.forbidden { Output.complain("  \(line)") }
                throw CommandFailure.refused(
                    "\(slug) has facts and nothing was changed; this needs a hunt with another slug, and a replay")
            case .deleting:
                throw CommandFailure.refused(
                    "an earlier hunt \(slug) is not wholly deleted; finish that with `cairn hunt delete \(slug) --yes`")
            }
        }

        // MARK: What would change

        @Reactor
        private func preview(
            _ definition: HuntDefinition, _ store: DefinitionStore
        ) async throws -> RescorePreview? {
            let progress = ProgressBar("players")
            defer { progress.finish() }
            return try await store.preview(definition, reader: KeptScans.reader()) { progress.update($0, total: $1) }
        }

        @Reactor
        private func show(_ change: RuleChange, _ definition: HuntDefinition, _ database: Database) async throws {
            for line in change.allowed.prefix(Self.changesShown) { Output.complain("  \(line)") }
            if change.allowed.count > Self.changesShown {
                Output.complain("  ... and \(change.allowed.count - Self.changesShown) more")
            }
            guard let preview = try await preview(definition, DefinitionStore(pool: database.pool)) else { return }
            print(preview.moves)
            Output.complain(
                """
                \(definition.slug): of \(preview.players) players \(preview.changed) would have another score, \
                \(preview.moved) another rank; \(preview.accepted) refused scans would be accepted
                """)
        }

        private static let changesShown = 20

        private func print(_ moves: [RescorePreview.Move]) {
            var listing = Listing("player", "rank_before", "rank_after", "score_before", "score_after")
            listing.rows = moves.map {
                [
                    .text($0.player), Cell(integer: $0.rankBefore), Cell(integer: $0.rankAfter),
                    .integer($0.scoreBefore), .integer($0.scoreAfter),
                ]
            }
            listing.print(as: format.format)
        }

        // MARK: Counting anew

        @Reactor
        private func count(_ slug: String, _ settings: Settings, _ database: Database) async throws {
            let hunt = try await HuntReader.stored(slug, database)
            let progress = RescoreProgress()
            let summary = try await Projections.with(settings, hunt: slug) { projections in
                defer { progress.finish() }
                let rescore = Rescore(
                    pool: database.pool, hunt: hunt, reader: KeptScans.reader(), publish: projections.publish
                ) { progress.update($0) }
                do throws(RescoreError) {
                    return try await rescore.run()
                } catch {
                    throw Self.failure(error, slug: slug, file: file)
                }
            }
            guard let summary else { return Output.line("\(slug): nothing was left to do") }
            print(summary.moves)
            Output.complain(
                """
                \(slug): of \(summary.players) players \(summary.changed) have another score; \(summary.accepted) of \
                \(summary.judged) refused scans are accepted
                """)
        }

        private static func failure(_ error: RescoreError, slug: String, file: String) -> any Error {
            let remedy = "`cairn hunt import --rescore \(file)` goes on where this ended"
            switch error {
            case .database(let error): return CommandFailure.failed("\(error.description); \(remedy)")
            case .feed(let error): return CommandFailure.failed("\(error.description); \(remedy)")
            case .takenOver:
                return CommandFailure.failed(
                    "\(slug) was changed again or is being counted by another command, which goes on instead of this")
            }
        }
    }
}

/// A bar for each phase of a rescore.
@Reactor
private final class RescoreProgress {
    private var bar: ProgressBar?
    private var phase: Rescore.Progress.Phase?

    nonisolated init() {}

    func update(_ progress: Rescore.Progress) {
        if progress.phase != phase {
            bar?.finish()
            bar = ProgressBar(progress.phase == .players ? "players" : "refused scans")
            phase = progress.phase
        }
        bar?.update(progress.done, total: progress.total)
    }

    func finish() { bar?.finish() }
}
