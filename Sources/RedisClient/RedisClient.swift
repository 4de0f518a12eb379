import Reactor

/// A Redis server or cluster with kept connections, pipelined: calls of one turn of the reactor leave in one write.
///
/// The connections are opened by `connect` and kept open until `close`, which must be called before the client is
/// dropped. While a server is away its calls fail at once; nothing is queued for it.
@Reactor
public final class RedisClient {
    let plan: ConnectionPlan
    var nodes: [Server: Node] = [:]
    /// Of a cluster only.
    var map = ClusterMap()
    var mapRefresh: Task<Result<Void, RedisError>, Never>?
    var isRefreshScheduled = false
    private(set) var isClosed = false

    /// Called whenever a server opens its first connection or slots have moved: what was held back may go again.
    public var onUp: (@Reactor () -> Void)?

    /// Checks the settings and reads the TLS files; connects to nothing.
    ///
    /// - Throws: `invalidSettings`.
    public init(_ settings: RedisSettings) throws(RedisError) {
        plan = try ConnectionPlan(settings)
    }

    /// Starts connecting and returns once calls can be made: one connection to the server is open, of a cluster one to
    /// each master.
    ///
    /// - Throws: what the first attempt met. The client goes on connecting all the same; `onUp` tells when it worked.
    public func connect() async throws(RedisError) {
        try await node(plan.url.server).settled()
        if !plan.settings.cluster { return }
        try await refreshMap()
        for server in map.servers { try await node(server).settled() }
    }

    /// Whether some server has an open connection.
    public var isUp: Bool { nodes.values.contains(where: \.isUp) }

    public var stats: RedisStats { plan.counters.stats }

    /// What the kernel granted to an open connection, bytes. Linux answers twice what it grants of a request, for its
    /// own bookkeeping. nil while none is open.
    public var grantedSendBuffer: Int? { nodes.values.lazy.compactMap(\.granted).first?.send }
    public var grantedReceiveBuffer: Int? { nodes.values.lazy.compactMap(\.granted).first?.receive }

    /// Ends all connections; calls under way fail with `connectionLost`. Without effect the second time.
    public func close() {
        isClosed = true
        onUp = nil
        for node in nodes.values { node.close() }
        nodes = [:]
    }

    // MARK: Calls

    /// Sends one command and waits for its answer, late ones included.
    ///
    /// - Parameters:
    ///   - arguments: the whole command, its name first.
    ///   - key: decides the server of a cluster; nil means any. Ignored for a single server.
    /// - Throws: `refused` for an error reply; `unreachable` (unsent), `connectionLost`, `protocolViolation`.
    public func call(_ arguments: RedisArguments, routedBy key: [UInt8]? = nil) async throws(RedisError) -> RedisReply {
        let slot = plan.settings.cluster ? key.map { $0.withUnsafeBytes { hashSlot($0) } } : nil
        return try await answer(to: Command(arguments), slot: slot)
    }

    /// Runs a script by its SHA-1. A server that does not know it is given the source, then asked once more.
    ///
    /// The call may be repeated after `callTimeoutMs` (`RedisSettings.retries`), so the script must bear running twice.
    ///
    /// - Parameters:
    ///   - keys: KEYS; on a cluster all in one slot, the first decides the server.
    ///   - arguments: ARGV.
    /// - Throws: as `call`.
    public func eval(
        _ script: RedisScript, keys: RedisArguments, arguments: RedisArguments
    ) async throws(RedisError) -> RedisReply {
        let slot = plan.settings.cluster ? keys.withFirst { hashSlot($0) } : nil
        let command = Command(script, keys: keys, arguments: arguments)
        do throws(RedisError) {
            return try await answer(to: command, slot: slot)
        } catch {
            guard case .refused("NOSCRIPT", _) = error else { throw error }
            plan.counters.stats.noScript += 1
            _ = try await answer(to: Command(RedisArguments("SCRIPT", "LOAD", script.source)), slot: slot)
            return try await answer(to: command, slot: slot)
        }
    }

    /// So often a call follows MOVED or ASK: a move of the map and a key on its way, then the cluster is in disorder.
    private static let redirectsMax = 3

    private func answer(to command: Command, slot: Int?) async throws(RedisError) -> RedisReply {
        var node = try node(servingSlot: slot)
        var isAsking = false
        for _ in 0..<Self.redirectsMax {
            let reply = try await reply(to: command, from: node, isAsking: isAsking)
            guard case .error(let text) = reply else { return reply }
            guard plan.settings.cluster, let redirect = Redirect(text, askedAt: node.server) else {
                throw refusal(text, by: node.server)
            }
            node = try await follow(redirect)
            isAsking = redirect.isAsk
        }
        throw refusal("CLUSTERDOWN the call was redirected \(Self.redirectsMax) times", by: node.server)
    }

    private func reply(to command: Command, from node: Node, isAsking: Bool) async throws(RedisError) -> RedisReply {
        let result = await withCheckedContinuation { continuation in
            node.send(Call(command, isAsking: isAsking) { continuation.resume(returning: $0) })
        }
        return try result.get()
    }

    private func refusal(_ text: String, by server: Server) -> RedisError {
        if text.hasPrefix("CLUSTERDOWN") { scheduleRefresh() }
        if !text.hasPrefix("NOSCRIPT") { plan.counters.stats.errors += 1 }
        return RedisError.refusal(text, by: server)
    }

    // MARK: Servers

    /// The connections to a server, made when there are none yet.
    func node(_ server: Server) -> Node {
        if let known = nodes[server] { return known }
        let node = Node(server, plan) { [weak self] in self?.upChanged($0) }
        if isClosed { node.close() } else { nodes[server] = node }
        return node
    }

    private func node(servingSlot slot: Int?) throws(RedisError) -> Node {
        guard plan.settings.cluster, !isClosed else { return node(plan.url.server) }
        guard let slot else {
            return nodes.values.first(where: \.isUp) ?? node(plan.url.server)
        }
        guard let server = map.server(ofSlot: slot) else {
            plan.counters.stats.unreachable += 1
            scheduleRefresh()
            throw .unreachable("no Redis master is known for slot \(slot): see CLUSTER INFO at \(plan.url.server)")
        }
        return node(server)
    }

    private func upChanged(_ node: Node) {
        if isClosed { return }
        if node.isUp { onUp?() }
        // A server that went away may have lost its slots to another; one that came back may know more.
        if plan.settings.cluster { scheduleRefresh() }
    }
}
