import ArgumentParser
import DevStack
import Foundation
import KafkaClient
import PostgresClient
import RedisClient

/// Measures a `cairn` on private servers. `make bench` builds both and runs it.
@main
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cairn-bench",
        abstract: "Measures a cairn on private servers; refuses to report a run whose scores are not exact.",
        discussion: "Exit codes: 0 done; 1 failed; 2 wrong usage; 3 a run of cairn was not exact, or a soak not flat.",
        subcommands: [MeasureCommand.self, ReadCommand.self, CompareCommand.self, SoakCommand.self],
        defaultSubcommand: MeasureCommand.self)

    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        forgetSettings()
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

    /// Settings of cairn in our environment would reach the measured program. `CAIRN_TOOLS` is no setting: it tells where
    /// the broker lies.
    private static func forgetSettings() {
        for name in ProcessInfo.processInfo.environment.keys where name.hasPrefix("CAIRN_") && name != "CAIRN_TOOLS" {
            unsetenv(name)
        }
    }

    private static func report(_ error: any Error) -> Int32 {
        switch error {
        case let failure as BenchFailure:
            complain(failure.message)
            return failure.exitCode
        case let error as any CustomStringConvertible
        where error is DevStackError || error is KafkaError || error is PostgresError || error is RedisError:
            complain(error.description)
            return 1
        default:
            let code = exitCode(for: error)
            if code == .success {
                print(fullMessage(for: error))
                return 0
            }
            complain(fullMessage(for: error))
            return code == .validationFailure ? 2 : 1
        }
    }

    private static func complain(_ text: String) {
        FileHandle.standardError.write(Data("cairn-bench: \(text)\n".utf8))
    }
}
