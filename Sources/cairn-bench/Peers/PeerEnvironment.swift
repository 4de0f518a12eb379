/// Where a peer finds its servers and its files: what it is told by environment variables.
struct PeerEnvironment {
    /// `HOST:PORT` of the broker.
    var brokers: String
    var topic: String
    var postgresPort: Int
    var redisPort: Int
    /// The folder with `bin/`, `lib/` and `venv/` that peers were built into.
    var home: String
    /// The folder with the schema and the scripts that all peers use.
    var shared: String
    /// The run's own folder.
    var folder: String
    /// Of this peer alone; they win.
    var further: [String: String]

    /// The tags that count, as the peers read them.
    var checkpoints: String { "\(folder)/checkpoints.json" }
    /// An empty folder for what the peer keeps.
    var state: String { "\(folder)/peer-state" }
    /// The peer makes it when it has its first record.
    var first: String { "\(folder)/peer-first" }

    var variables: [String: String] {
        [
            "BROKER": brokers, "TOPIC": topic, "GROUP": "peer", "PGHOST": "127.0.0.1", "PGPORT": "\(postgresPort)",
            "PGUSER": "cairn", "PGDATABASE": "cairn", "REDIS_HOST": "127.0.0.1", "REDIS_PORT": "\(redisPort)",
            "CHECKPOINTS": checkpoints, "SHARED": shared, "STATE_DIR": state, "FIRST_FILE": first, "PEERS_HOME": home,
        ].merging(further) { $1 }
    }

    /// The benchmark's hunt as peers read it: a JSON array with a checkpoint to a line. They count from 1.
    static var checkpointList: String {
        let lines = (0..<BenchHunt.checkpoints).map { number in
            """
            {"tag":"\(BenchHunt.tag(ofCheckpoint: number))","checkpoint":\(number + 1),\
            "points":\(BenchHunt.points(ofCheckpoint: number))}
            """
        }
        return "[\n" + lines.joined(separator: ",\n") + "\n]\n"
    }
}
