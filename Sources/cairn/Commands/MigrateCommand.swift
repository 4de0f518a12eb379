import ArgumentParser
import HuntCore
import Reactor
import Storage

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Brings the database's schema to what this program needs.",
        subcommands: [Up.self, Status.self, Verify.self])

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Applies pending migrations, in order. Any number may run at once.",
            discussion: """
                Creates the schema cairn where there is none. Everything else refuses a database that lacks a migration.

                  cairn migrate up --dry-run
                  cairn migrate up
                """)
        @OptionGroup var shared: SharedOptions
        @Flag(help: "Tells what would be applied and applies nothing.")
        var dryRun = false

        @Reactor
        func run() async throws {
            try await Database.with(try shared.settings(), checksSchema: false) { database in
                let bar = ProgressBar("migrations")
                defer { bar.finish() }
                let done = try await Migrator(pool: database.pool).up(isDryRun: dryRun) { next, done, total in
                    bar.clear()
                    Output.complain("applying \(next.version) (\(next.name)), \(done + 1) of \(total)")
                    bar.update(Int64(done), total: Int64(total))
                }
                bar.finish()
                let verb = dryRun ? "would apply" : "applied"
                Output.line(
                    done.isEmpty
                        ? "nothing to apply"
                        : "\(verb) \(done.map { "\($0.version) (\($0.name))" }.joined(separator: ", "))")
            }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists migrations and when they were applied.")
        @OptionGroup var shared: SharedOptions
        @OptionGroup var format: FormatOption
        @Flag(help: "Accepted for symmetry: status never changes anything.")
        var dryRun = false

        @Reactor
        func run() async throws {
            try await Database.with(try shared.settings(), checksSchema: false) { database in
                var listing = Listing("version", "name", "applied_at")
                listing.rows = try await Migrator(pool: database.pool).status().map {
                    [.integer(Int64($0.version)), .text($0.name), Cell(time: $0.appliedAt)]
                }
                listing.print(as: format.format)
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Succeeds when the schema is exactly what this program needs; exits with 3 otherwise.")
        @OptionGroup var shared: SharedOptions
        @Flag(help: "Accepted for symmetry: verify never changes anything.")
        var dryRun = false

        @Reactor
        func run() async throws {
            try await Database.with(try shared.settings()) { _ in }
            Output.line("the schema is what this program needs")
        }
    }
}
