import ArgumentParser
import Logging
import Reactor
import ServiceLifecycle
import Settings
import Worker

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Scores scans until SIGTERM, then drains and leaves the group within 5 s.",
        discussion: """
            Any number of workers share the partitions of the setting kafka.topic; more than there are partitions wait \
            in reserve. Each serves metrics at metrics.listen. Logs go to standard error, a JSON object a line.

              cairn worker
              cairn worker --set metrics.listen=127.0.0.1:0 --set log.format=text
            """)

    @OptionGroup var shared: SharedOptions

    @Reactor
    func run() async throws {
        LargeBuffers.returnWhenFreed()
        let settings = try shared.settings()
        let logger = LogSetup.logger(settings, "cairn.worker")
        let assembly = try await WorkerAssembly.start(settings, logger)
        let listen = settings.metrics.listen
        let metrics = MetricsServer(host: listen.host, port: listen.port, logger: logger) {
            await assembly.metricsPage()
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: metrics, failureTerminationBehavior: .gracefullyShutdownGroup),
                    .init(service: WorkerService(assembly: assembly)),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: LogSetup.quiet(logger)))
        do {
            try await group.run()
        } catch {
            throw CommandFailure.failed("metrics.listen \(listen) \(WhyNotServed.text(error))")
        }
    }
}

/// The worker between its start and its stop.
private struct WorkerService: Service {
    let assembly: WorkerAssembly

    func run() async throws {
        do {
            try await gracefulShutdown()
        } catch {
            // Cancelled: another service failed. The worker still owes its partitions a proper end.
        }
        await assembly.stop()
    }
}
