import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import OrderIndex
import ServiceLifecycle

/// Serves the read API and the live board over HTTP until it is shut down: then it accepts nobody, answers what is under
/// way, ends streams and returns.
public struct ReadServer: Service {
    private let host: String
    private let port: Int
    private let logger: Logger
    private let responder: ReadResponder
    private let onListening: @Sendable (Int) -> Void

    /// Connections that wait to be accepted.
    private static let backlog = 4_096

    /// - Parameters:
    ///   - port: 0 for any free one, which is logged.
    ///   - store: the boards; until they are loaded, everything but `/healthz` says so.
    ///   - metrics: the page of everybody else, in Prometheus' text format, to which this server's is appended.
    ///   - onListening: is told the port that was bound.
    public init(
        host: String, port: Int, store: BoardStore, explainer: any PlayerExplaining, streams: any BoardStreaming,
        assets: @escaping PageAssets, limits: ReadLimits, logger: Logger,
        onPlayerAsked: @escaping PlayerAsked = { _, _ in },
        metrics: @escaping @Sendable () async -> String, onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        self.logger = logger
        self.onListening = onListening
        responder = ReadResponder(
            store: store, explainer: explainer, streams: streams, assets: assets, limits: limits, logger: logger,
            onPlayerAsked: onPlayerAsked, othersPage: metrics)
    }

    public func run() async throws {
        var quiet = logger
        quiet.logLevel = .error
        let limits = responder.limits
        // One of hummingbird's handlers for each connection stands behind ours and sees what ours passes on.
        var connection = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionHandler(responder)])
        connection.httpDecoder = .init(
            maxHeaderFieldSize: 8 << 10, maxHeaderListSize: 16 << 10, maxHeaderFieldCount: 64)
        let server = try HTTPServerBuilder.http1(configuration: connection).buildServer(
            configuration: ServerConfiguration(
                address: .hostname(host, port: port), backlog: Self.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(limits.streamsMax + limits.connectionsMax)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: quiet,
            responder: { [responder] request, writer, channel in
                try await responder.respond(request, writer, channel)
            },
            onServerRunning: { [logger, onListening] channel in
                logger.info("read API", metadata: ["listen": "\(channel.localAddress.map { "\($0)" } ?? "")"])
                onListening(channel.localAddress?.port ?? 0)
            })
        try await server.run()
    }
}
