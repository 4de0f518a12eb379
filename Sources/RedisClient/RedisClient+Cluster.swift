import Reactor

/// Keeping the map of a cluster current: at the start, after MOVED, and while a server is away.
extension RedisClient {
    /// A cluster is asked for its map at most so often in the background.
    private static let refreshPauseMs: Int64 = 250

    func follow(_ redirect: Redirect) async throws(RedisError) -> Node {
        plan.counters.stats.redirects += 1
        if !redirect.isAsk {
            map.move(slot: redirect.slot, to: redirect.server)
            scheduleRefresh()
        }
        let node = node(redirect.server)
        try await node.settled()
        return node
    }

    func scheduleRefresh() {
        if isRefreshScheduled || isClosed || !plan.settings.cluster { return }
        isRefreshScheduled = true
        Reactor.schedule(afterMs: Self.refreshPauseMs) {
            self.isRefreshScheduled = false
            if self.isClosed { return }
            Reactor.task {
                // A failure shows in the calls; the next news of a server asks again.
                try? await self.refreshMap()
            }
        }
    }

    /// Asks some server for the map; callers at the same time share one question.
    func refreshMap() async throws(RedisError) {
        let refresh = mapRefresh ?? Task { await self.askForMap() }
        mapRefresh = refresh
        try await refresh.value.get()
    }

    private func askForMap() async -> Result<Void, RedisError> {
        defer { mapRefresh = nil }
        var failure = RedisError.unreachable("no server of the Redis Cluster at \(plan.url.server) is in reach")
        for node in nodes.values.filter(\.isUp) + [node(plan.url.server)] {
            do throws(RedisError) {
                try await node.settled()
                return .success(install(try await map(from: node)))
            } catch {
                failure = error
            }
        }
        return .failure(failure)
    }

    private func map(from node: Node) async throws(RedisError) -> ClusterMap {
        let result = await withCheckedContinuation { continuation in
            node.send(Call(Command(RedisArguments("CLUSTER", "SLOTS"))) { continuation.resume(returning: $0) })
        }
        let reply = try result.get()
        if case .error(let text) = reply { throw RedisError.refusal(text, by: node.server) }
        guard let map = ClusterMap(reply, askedAt: node.server), !map.servers.isEmpty else {
            throw .unreachable("Redis at \(node.server) knows no slots yet: create the cluster, or wait for it")
        }
        return map
    }

    /// Connects to new masters and leaves servers that have no slots any more.
    private func install(_ map: ClusterMap) {
        if isClosed { return }
        let hasChanged = map != self.map
        self.map = map
        for server in map.servers { _ = node(server) }
        for (server, node) in nodes where !map.servers.contains(server) {
            node.close()
            nodes[server] = nil
        }
        if hasChanged, isUp { onUp?() }
    }
}
