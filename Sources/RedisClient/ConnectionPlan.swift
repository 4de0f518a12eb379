import Reactor

/// What all connections of a client share: settings, log-in, TLS files, one buffer to read into, and the counts.
@Reactor
final class ConnectionPlan {
    let settings: RedisSettings
    let url: RedisURL
    let counters = Counters()
    /// Filled and emptied within one call, so one serves all connections of the reactor's thread.
    let received = ScratchBuffer(byteCount: 64 << 10)
    let decrypted = ScratchBuffer(byteCount: 16 << 10)
    private let tls: TLSContext?

    init(_ settings: RedisSettings) throws(RedisError) {
        self.settings = settings
        url = try RedisURL(settings.url)
        try Self.check(settings, url)
        tls = url.isSecure ? try TLSContext(settings) : nil
    }

    private static func check(_ settings: RedisSettings, _ url: RedisURL) throws(RedisError) {
        if settings.cluster, url.database != 0 {
            throw .invalidSettings("a Redis Cluster has database 0 only: take /\(url.database) out of the URL")
        }
        if !(1...64).contains(settings.connections) {
            throw .invalidSettings("\(settings.connections) connections to Redis: choose 1 to 64")
        }
        if settings.connectTimeoutMs < 1 || settings.callTimeoutMs < 1 || settings.retries < 0 {
            throw .invalidSettings("Redis timeouts must be at least 1 ms, retries at least 0")
        }
    }

    func newSession(with host: String) -> TLSSession {
        switch tls {
        case .some(let context): TLSSession(context, host: host)
        case .none: TLSSession()
        }
    }

    /// What a fresh connection says first. PING shows whether the server is ready and the log-in was enough.
    func greeting() -> [RedisArguments] {
        var commands: [RedisArguments] = []
        if let password = url.password {
            if let user = url.user {
                commands.append(RedisArguments("AUTH", user, password))
            } else {
                commands.append(RedisArguments("AUTH", password))
            }
        }
        if url.database != 0 { commands.append(RedisArguments("SELECT", String(url.database))) }
        commands.append(RedisArguments("PING"))
        return commands
    }
}

/// Memory to read into, owned exactly once.
struct ScratchBuffer: ~Copyable {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
        bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 16)
    }

    deinit { bytes.deallocate() }
}
