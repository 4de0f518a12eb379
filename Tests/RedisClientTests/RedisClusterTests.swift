import Reactor
import Testing

@testable import RedisClient

/// Three masters without replicas; `admins` talk to one each.
@Reactor
private final class Cluster {
    let servers: [RedisServer]
    let admins: [RedisClient]

    init() async throws {
        var servers: [RedisServer] = []
        for _ in 0..<3 {
            servers.append(
                try await RedisServer(
                    "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-require-full-coverage",
                    "no"))
        }
        self.servers = servers
        let addresses = servers.map { "127.0.0.1:\($0.port)" }
        try await run(
            "redis-cli", "--cluster", "create", addresses[0], addresses[1], addresses[2], "--cluster-yes")
        var admins: [RedisClient] = []
        for server in servers { admins.append(try await RedisClient.connected(server.url)) }
        self.admins = admins
        for admin in admins {
            try await eventually("every server calls the cluster complete") {
                try await admin.say("CLUSTER", "INFO").text?.contains("cluster_state:ok") == true
            }
        }
    }

    func identifier(_ position: Int) async throws -> String {
        try await admins[position].say("CLUSTER", "MYID").text ?? ""
    }

    func stop() {
        for admin in admins { admin.close() }
        for server in servers { server.stop() }
    }
}

@Reactor
@Suite struct RedisClusterTests {
    private let increment = RedisScript(source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")

    private func add(_ client: RedisClient, _ key: String) async throws(RedisError) -> RedisReply {
        try await client.eval(increment, keys: RedisArguments(key), arguments: RedisArguments("1"))
    }

    @Test("calls follow their key, a moved slot, a slot on its way, and a lost server leaves the others working")
    func cluster() async throws {
        let cluster = try await Cluster()
        defer { cluster.stop() }
        let client = try await RedisClient.connected(cluster.servers[1].url) {
            $0.cluster = true
            $0.retries = 0
        }
        defer { client.close() }
        #expect(client.map.servers.count == 3)

        for number in 0..<300 { #expect(try await add(client, "{\(number)}:key") == .integer(1)) }
        #expect(client.stats.noScript == 3)
        #expect(client.stats.redirects == 0)
        for admin in cluster.admins {
            guard case .integer(let size) = try await admin.say("DBSIZE") else { continue }
            #expect(size > 50)
        }

        try await moveSlot(cluster, client)
        try await askForSlot(cluster, client)
        try await loseServer(cluster, client)
    }

    /// An empty slot of the first server is given to the last, behind the client's back.
    private func moveSlot(_ cluster: Cluster, _ client: RedisClient) async throws {
        let key = try #require((0...).lazy.map { "moved\($0)" }.first { slot($0) < 5_000 })
        let last = try await cluster.identifier(2)
        for admin in cluster.admins.reversed() {
            try await admin.say("CLUSTER", "SETSLOT", String(slot(key)), "NODE", last)
        }
        #expect(try await add(client, key) == .integer(1))
        #expect(client.stats.redirects == 1)
        #expect(try await add(client, key) == .integer(2))
        #expect(client.stats.redirects == 1)
        #expect(try await cluster.admins[2].say("GET", key) == .bulk([UInt8(ascii: "2")]))
    }

    /// A slot that is on its way from the first server to the second: keys that are missing are asked for there.
    private func askForSlot(_ cluster: Cluster, _ client: RedisClient) async throws {
        let key = try #require((0...).lazy.map { "asked\($0)" }.first { slot($0) < 5_000 })
        let number = String(slot(key))
        let (first, second) = (try await cluster.identifier(0), try await cluster.identifier(1))
        try await cluster.admins[1].say("CLUSTER", "SETSLOT", number, "IMPORTING", first)
        try await cluster.admins[0].say("CLUSTER", "SETSLOT", number, "MIGRATING", second)
        let before = client.stats.redirects
        #expect(try await add(client, key) == .integer(1))
        #expect(try await add(client, key) == .integer(2))
        #expect(client.stats.redirects == before + 2)
        for admin in cluster.admins {
            try await admin.say("CLUSTER", "SETSLOT", number, "NODE", second)
        }
        #expect(try await add(client, key) == .integer(3))
    }

    private func loseServer(_ cluster: Cluster, _ client: RedisClient) async throws {
        let there = try #require((0...).lazy.map { "there\($0)" }.first { slot($0) < 5_000 })
        let gone = try #require((0...).lazy.map { "gone\($0)" }.first { slot($0) > 11_000 })
        cluster.servers[2].stop()
        try await eventually("its calls fail") {
            do throws(RedisError) { _ = try await add(client, gone) } catch {
                if case .unreachable = error { return true }
            }
            return false
        }
        #expect(try await add(client, there) == .integer(1))
        #expect(client.isUp)
    }

    private func slot(_ key: String) -> Int { Array(key.utf8).withUnsafeBytes { hashSlot($0) } }

    @Test("cluster routing against a single server says so")
    func noCluster() async throws {
        let server = try await RedisServer()
        let error = await failureOfConnecting(server.url) { $0.cluster = true }
        #expect(error?.description.contains("switch cluster routing off") == true)
    }
}
