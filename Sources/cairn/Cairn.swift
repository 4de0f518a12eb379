import ArgumentParser
import Foundation

/// The command line. The only place that knows every part.
@main
struct Cairn: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "cairn",
        abstract: "Turns NFC-tag scans of treasure hunts into exact scores, live.",
        discussion: """
            Workers read scans from Kafka, write scores to Postgres and refresh Redis. Settings come from a YAML file \
            (--config, CAIRN_CONFIG or ./cairn.yaml), the environment (CAIRN_KAFKA_BROKERS ...) and --set key=value.

            Results go to standard output, messages, logs and progress to standard error. Exit codes: 0 done; 1 failed; \
            2 wrong usage; 3 refused by a check.

            First steps:

              cairn demo                       everything on a private stack
              cairn migrate up                 prepares your own database
              cairn hunt import old-town.yaml
              cairn worker
              cairn standings old-town
            """,
        version: version,
        subcommands: [
            DemoCommand.self, MigrateCommand.self, HuntCommand.self, WorkerCommand.self, ServeCommand.self,
            StandingsCommand.self,
            PlayerCommand.self, RefusedCommand.self, SimulateCommand.self, RecordCommand.self, StatusCommand.self,
            LeaseCommand.self, VerifyCommand.self, ConfigCommand.self, ManualCommand.self,
        ])

    static func main() async {
        // A reader that goes away (`cairn standings | head`) is no reason to die with a signal.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            Foundation.exit(0)
        } catch {
            Foundation.exit(report(error))
        }
    }

    /// Prints an error and gives its exit code (contracts.md section 6).
    private static func report(_ error: any Error) -> Int32 {
        if let failure = error as? CommandFailure {
            Output.complain(failure.message)
            return failure.exitCode
        }
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        if code == .success {
            print(message)
            return 0
        }
        if code == .validationFailure {
            Output.complain(message)
            return 2
        }
        Output.complain("cairn: \(error)")
        return 1
    }
}
