import ArgumentParser
import HuntCore
import Reactor
import Storage

extension HuntCommand {
    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a hunt now, while workers run.",
            discussion: """
                Scans made from now on are refused as outside_window; scans made before still count as long as they \
                arrive within late_grace. The hunt's closes_at becomes now. Importing the hunt's file again with \
                --rescore opens it again and judges the scans refused meanwhile.
                """)
        @OptionGroup var shared: SharedOptions
        @Argument(help: "The hunt's slug.")
        var slug: String

        @Reactor
        func run() async throws {
            let outcome = try await Database.with(try shared.settings()) { database in
                try await DefinitionStore(pool: database.pool).close(slug)
            }
            switch outcome {
            case .closed(let end, let version):
                Output.line("\(slug): closed at \(Timestamp.format(end)), rules version \(version)")
            case .wasClosed(let end): Output.line("\(slug): unchanged, closed since \(Timestamp.format(end))")
            case .notOpen(let opening):
                throw CommandFailure.refused(
                    """
                    \(slug) opens at \(Timestamp.format(opening)) only, so there is nothing to close; import it with \
                    other times or delete it with `cairn hunt delete \(slug) --yes`
                    """)
            case .rescoring:
                throw CommandFailure.refused(
                    """
                    \(slug): not closed, its players are being counted anew; repeat this when `cairn hunt import \
                    --rescore` is done
                    """)
            case .unknown:
                throw CommandFailure.failed("there is no hunt \(slug): `cairn hunt list` shows those that are imported")
            }
        }
    }
}
