import Hummingbird
import Logging
import ServiceLifecycle

/// Serves one page of metrics over HTTP, and `/healthz` for supervisors.
public struct MetricsServer: Service {
    private let host: String
    private let port: Int
    private let logger: Logger
    private let page: @Sendable () async -> String

    /// - Parameters:
    ///   - port: 0 for any free one, which is logged.
    ///   - page: makes the page anew for every request.
    public init(host: String, port: Int, logger: Logger, page: @escaping @Sendable () async -> String) {
        self.host = host
        self.port = port
        self.logger = logger
        self.page = page
    }

    public func run() async throws {
        let router = Router()
        router.get("metrics") { [page] _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: await page())))
        }
        router.get("healthz") { _, _ in "ok\n" }
        var quiet = logger
        quiet.logLevel = .warning
        let application = Application(
            router: router,
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "cairn"),
            onServerRunning: { [logger] channel in
                logger.info("metrics", metadata: ["listen": "\(channel.localAddress.map { "\($0)" } ?? "")"])
            }, logger: quiet)
        try await application.run()
    }
}
