import NIOCore
import NIOPosix

/// A TCP proxy of 127.0.0.1 in front of one server, which delays, holds, swallows, cuts, resets and refuses.
///
/// It has an event loop of its own. What it keeps is bounded: see `Pipe.bytesMax`.
public final class FaultProxy: Sendable {
    /// Where clients connect; the same until `stop`.
    public let port: Int
    private let core: ProxyCore
    private let group: MultiThreadedEventLoopGroup

    private init(port: Int, core: ProxyCore, group: MultiThreadedEventLoopGroup) {
        self.port = port
        self.core = core
        self.group = group
    }

    /// Listens on a free port.
    ///
    /// - Parameters:
    ///   - serverPort: where the server listens at 127.0.0.1; 0 when that comes later, by `lead(to:)`.
    ///   - script: what happens to each link.
    ///   - seed: of the jitter.
    public static func start(
        to serverPort: Int = 0, script: FaultScript = FaultScript(), seed: UInt64 = 0
    ) async throws -> FaultProxy {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let core = ProxyCore(group.next(), serverPort: serverPort, script: script, seed: seed)
        // Below the range of outgoing connections: from within it a client that tries again while the proxy refuses
        // could be connected to itself.
        for attempt in 1... {
            do {
                let port = Int.random(in: 10_000..<32_000)
                try await core.listen(port: port)
                return FaultProxy(port: port, core: core, group: group)
            } catch {
                if attempt < 50 { continue }
                try await group.shutdownGracefully()
                throw error
            }
        }
        preconditionFailure("unreachable: the loop has no end")
    }

    /// Tells where the server listens. Links that exist stay.
    public func lead(to serverPort: Int) async throws { try await core.run { $0.serverPort = serverPort } }

    /// Sets how bytes fare, on all links and on those to come.
    public func set(_ direction: Direction, _ traffic: Traffic) async throws {
        try await core.run { core in
            core.traffic[direction] = traffic
            for link in core.openLinks { link.apply(.traffic(direction, traffic)) }
        }
    }

    /// Does this to every link whose client began with bytes that `isMeant` accepts.
    ///
    /// - Returns: how many links that were.
    @discardableResult
    public func apply(
        _ action: FaultAction, where isMeant: @escaping @Sendable (_ opening: [UInt8]) -> Bool = { _ in true }
    ) async throws -> Int {
        try await core.run { core in
            let meant = core.openLinks.filter { isMeant($0.opening) }
            for link in meant { link.apply(action) }
            return meant.count
        }
    }

    /// Closes the port and resets every link: clients are refused until `accept`.
    public func refuse() async throws { try await core.refuse() }

    /// Listens again.
    public func accept() async throws { try await core.listen(port: port) }

    /// Bytes that wait in the proxy on their way, over all links.
    public func waitingBytes(_ direction: Direction) async throws -> Int {
        try await core.run { $0.openLinks.reduce(0) { $0 + ($1.pipe(direction)?.waitingBytes ?? 0) } }
    }

    /// How many links there are.
    public func linkCount() async throws -> Int { try await core.run { $0.openLinks.count } }

    /// Closes port and links, and ends the loop.
    public func stop() async {
        try? await core.refuse()
        try? await group.shutdownGracefully()
    }
}

/// The proxy's state. `@unchecked`: it and everything below it is touched on its loop alone.
final class ProxyCore: @unchecked Sendable {
    private let loop: any EventLoop
    private let script: FaultScript
    private let seed: UInt64
    var serverPort: Int
    var traffic: [Direction: Traffic] = [:]
    private var links: [Int: Link] = [:]
    private var linksMade = 0
    private var listener: (any Channel)?

    init(_ loop: any EventLoop, serverPort: Int, script: FaultScript, seed: UInt64) {
        self.loop = loop
        self.serverPort = serverPort
        self.script = script
        self.seed = seed
    }

    /// In the order of their making.
    var openLinks: [Link] { links.values.sorted { $0.number < $1.number } }

    func run<Value: Sendable>(_ body: @escaping @Sendable (ProxyCore) -> Value) async throws -> Value {
        try await loop.submit { body(self) }.get()
    }

    func listen(port: Int) async throws {
        let channel = try await ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { client in
                client.eventLoop.makeCompletedFuture { try self.accepted(client) }
            }
            .bind(host: "127.0.0.1", port: port).get()
        try await run { $0.listener = channel }
    }

    func refuse() async throws {
        let listener = try await run { core in
            let listener = core.listener
            core.listener = nil
            for link in core.openLinks { link.close(byReset: true) }
            return listener
        }
        try await listener?.close()
    }

    private func accepted(_ client: any Channel) throws {
        linksMade += 1
        let number = linksMade
        let link = Link(number: number, client: client, script: script, traffic: traffic, seed: seed) { [weak self] in
            self?.links[number] = nil
        }
        links[number] = link
        try client.pipeline.syncOperations.addHandler(Inlet(.toServer, link))
        let bound = NIOLoopBound(link, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    try server.pipeline.syncOperations.addHandler(Inlet(.toClient, bound.value))
                }
            }
            .connect(host: "127.0.0.1", port: serverPort)
            .whenComplete { result in
                switch result {
                case .success(let server): bound.value.open(to: server)
                case .failure: bound.value.close(byReset: true)
                }
            }
    }
}
