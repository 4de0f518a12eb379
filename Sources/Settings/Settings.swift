/// What an operator can choose, checked: every value lies within its bounds and no two of them contradict each other.
///
/// Names, units and defaults: contracts.md section 7, and `SettingsTable`.
public struct Settings: Sendable {
    /// Where scans come from and changed scores go to.
    public internal(set) var kafka = Kafka()
    /// The truth.
    public internal(set) var postgres = Postgres()
    /// The hot tier.
    public internal(set) var redis = Redis()
    /// Scans of one partition on their way to scoring.
    public internal(set) var lanes = Lanes()
    /// Batches on their way to Postgres.
    public internal(set) var flush = Flush()
    /// What a worker remembers of players.
    public internal(set) var state = State()
    /// Scans that count for nothing.
    public internal(set) var refused = Refused()
    /// The read API and the live board.
    public internal(set) var http = HTTP()
    /// The metrics endpoint.
    public internal(set) var metrics = Metrics()
    /// What is logged, and how.
    public internal(set) var log = Log()

    /// Where each setting's value came from, by its name; each of `kafka.properties` also by `kafka.properties.NAME`.
    public internal(set) var sources: [String: Source] = [:]
    /// Each setting's value as it was written, by the same names.
    var texts: [String: String] = [:]

    /// Fields without meaning, until the table's values are stored.
    init() {}

    /// The group `kafka`.
    public struct Kafka: Sendable, Equatable {
        /// `host:port`, several separated by commas.
        public internal(set) var brokers = ""
        /// The consumer group, `1 ... 249` bytes.
        public internal(set) var group = ""
        /// Where scans come from.
        public internal(set) var topic = ""
        /// The feed of changed scores; never equal to `topic`.
        public internal(set) var scoresTopic = ""
        /// librdkafka's own settings, none of which cairn sets itself.
        public internal(set) var properties: [String: String] = [:]
    }

    /// The group `postgres`.
    public struct Postgres: Sendable, Equatable {
        /// `postgres://` or `postgresql://`; may hold a password.
        public internal(set) var url = ""
        /// As `url`; read before the primary.
        public internal(set) var replicas: [String] = []
        /// Connections to the primary.
        public internal(set) var pool = Pool()

        /// The group `postgres.pool`.
        public struct Pool: Sendable, Equatable {
            /// Connections at most; two or more above `flush.concurrent`.
            public internal(set) var max = 0
            /// Connections kept open; at most `max`.
            public internal(set) var minIdle = 0
            /// Milliseconds.
            public internal(set) var acquireTimeoutMs: Int64 = 0
            /// Milliseconds.
            public internal(set) var maxLifetimeMs: Int64 = 0
        }
    }

    /// The group `redis`.
    public struct Redis: Sendable, Equatable {
        /// `redis://` or `rediss://`; may hold a password.
        public internal(set) var url = ""
        /// True where `url` names a Redis Cluster.
        public internal(set) var cluster = false
        /// Players whose update waits, per shard.
        public internal(set) var ringCapacity = 0
        /// Milliseconds, one second or more.
        public internal(set) var scoreTTLMs: Int64 = 0
        /// Milliseconds, below `scoreTTLMs`.
        public internal(set) var callTimeoutMs: Int64 = 0
        /// Times a late call may be sent again, `0 ... 3`.
        public internal(set) var retries = 0
        /// Milliseconds.
        public internal(set) var connectTimeoutMs: Int64 = 0
        /// Bytes asked of the kernel.
        public internal(set) var sendBuffer = 0
        /// Bytes asked of the kernel.
        public internal(set) var receiveBuffer = 0
        /// True to send small packets at once.
        public internal(set) var tcpNoDelay = false
    }

    /// The group `lanes`.
    public struct Lanes: Sendable, Equatable {
        /// Scans a lane holds.
        public internal(set) var ringCapacity = 0
        /// Percent of `ringCapacity`.
        public internal(set) var stopAt = 0
        /// Percent of `ringCapacity`, below `stopAt`; the two differ by at least one scan.
        public internal(set) var resumeAt = 0
        /// Scans that all lanes hold together at most, where each lane's part is more than `ringCapacity`.
        public internal(set) var sharedCapacity = 0
    }

    /// The group `flush`.
    public struct Flush: Sendable, Equatable {
        /// Scans per lane and batch; at most `lanes.ringCapacity`.
        public internal(set) var maxRecords = 0
        /// Calls side by side.
        public internal(set) var concurrent = 0
    }

    /// The group `state`.
    public struct State: Sendable, Equatable {
        /// Bytes of player states kept in the worker.
        public internal(set) var cacheBytes = 0
    }

    /// The group `refused`.
    public struct Refused: Sendable, Equatable {
        /// How long refusals stay, in milliseconds.
        public internal(set) var keepMs: Int64 = 0
    }

    /// The group `http`.
    public struct HTTP: Sendable, Equatable {
        /// Port 0 is any free one.
        public internal(set) var listen = ListenAddress(host: "", port: 0)
        /// Requests per second.
        public internal(set) var steadyRate: Int64 = 0
        /// Requests per second and client address.
        public internal(set) var clientRate: Int64 = 0
        /// Whether the last address of `X-Forwarded-For` is the client's.
        public internal(set) var forwardedFor = false
        /// `*`, `none`, or origins with commas between them.
        public internal(set) var corsOrigins = ""
        /// Event streams at most.
        public internal(set) var streams = 0
    }

    /// The group `metrics`.
    public struct Metrics: Sendable, Equatable {
        /// Differs from `http.listen` unless its port is 0.
        public internal(set) var listen = ListenAddress(host: "", port: 0)
    }

    /// The group `log`.
    public struct Log: Sendable, Equatable {
        /// The least severe message that is logged.
        public internal(set) var level = Level.info
        /// The shape of a message.
        public internal(set) var format = Format.json

        /// Least severe first; the raw values are those of swift-log.
        public enum Level: String, Sendable, CaseIterable {
            case trace, debug, info, notice, warning, error, critical
        }

        /// One JSON object, or one line of text, per message.
        public enum Format: String, Sendable, CaseIterable {
            case json, text
        }
    }

    /// Where a value came from; each of them wins over the ones before it.
    public enum Source: Sendable, Equatable, CustomStringConvertible {
        /// The table.
        case builtIn
        /// The path as it was given, and the line of the key, from 1.
        case file(path: String, line: Int)
        /// The variable's name.
        case environment(String)
        /// `--set`.
        case commandLine

        /// `built in`, `cairn.yaml:3`, `CAIRN_LOG_LEVEL`, `--set`.
        public var description: String {
            switch self {
            case .builtIn: "built in"
            case .file(let path, let line): "\(path):\(line)"
            case .environment(let name): name
            case .commandLine: "--set"
            }
        }
    }
}
