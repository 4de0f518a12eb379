/// Where a Redis is and how to talk to it. The defaults suit a server in the same data centre.
public struct RedisSettings: Sendable {
    /// `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS. Reserved characters of user and
    /// password are percent-encoded; the port is 6379 when missing, the database 0.
    public var url: String
    /// Whether the server belongs to a Redis Cluster: then slots are asked for and calls follow their key.
    public var cluster = false
    /// Kept connections to each server, `1 ... 64`. A repeated call needs a second one.
    public var connections = 2
    /// How long resolving, connecting, TLS and log-in may take together, milliseconds.
    public var connectTimeoutMs: Int64 = 2_000
    /// After so many milliseconds without a reply a call counts as timed out and may be repeated elsewhere.
    public var callTimeoutMs: Int64 = 5
    /// How often one call is repeated at most, `0 ...`; 0 never repeats.
    public var retries = 1
    /// What is asked of the kernel (SO_SNDBUF), bytes; it grants at most `net.core.wmem_max`.
    public var sendBuffer = 4 << 20
    /// What is asked of the kernel (SO_RCVBUF), bytes; it grants at most `net.core.rmem_max`.
    public var receiveBuffer = 4 << 20
    /// TCP_NODELAY: small calls leave at once.
    public var tcpNoDelay = true
    /// PEM file of the authorities trusted by `rediss://`; nil: the system's (OpenSSL reads SSL_CERT_FILE as well).
    public var authorityFile: String?
    /// PEM files of the certificate chain and key shown to a server that asks for one (`tls-auth-clients yes`).
    public var certificateFile: String?
    public var keyFile: String?

    public init(url: String) {
        self.url = url
    }
}
