import ArgumentParser
import FlowCore
import Foundation
import HuntCore
import Logging
import NIOCore
import Reactor
import ReadAPI
import ServiceLifecycle
import Settings

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves ranks and live boards over HTTP until SIGTERM.",
        discussion: """
            Ranks every player of every hunt in memory: loads the scores from Postgres, replicas first, and follows the \
            topic of the setting kafka.scores_topic. Every answer is that of one committed state and says of when it is. \
            The live board is at /, the API at /v1, metrics at /metrics. Any number of these may run side by side. \
            Logs go to standard error, a JSON object a line.

              cairn serve
              cairn serve --set http.listen=0.0.0.0:8080 --set log.format=text
            """)

    @OptionGroup var shared: SharedOptions

    @Reactor
    func run() async throws {
        OpenFiles.allowAll()
        let settings = try shared.settings()
        let logger = LogSetup.logger(settings, "cairn.serve")
        let assembly = try await ServeAssembly.start(settings, logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: assembly.server, failureTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: assembly.streams),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: LogSetup.quiet(logger)))
        do {
            try await group.run()
            await assembly.stop()
        } catch {
            await assembly.stop()
            throw CommandFailure.failed("http.listen \(settings.http.listen) \(WhyNotServed.text(error))")
        }
    }
}
