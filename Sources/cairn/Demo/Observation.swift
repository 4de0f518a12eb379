/// What a hunt left behind in Postgres, Redis and the feed.
struct Observation {
    /// A row of `first_scan`.
    struct Fact: Equatable {
        /// The id in the hunt file.
        var checkpoint: String
        var scannedAt: Int64
        var event: String
        var partition: Int32
        var offset: Int64
    }

    /// A row of `score`, or what a key or a feed record says of one. Times are epoch milliseconds.
    struct Score: Equatable {
        var score: Int64
        var unlocks: Int64
        var reachedAt: Int64?
        var version: Int64
        var committedAt: Int64
    }

    /// The sums of the leases' counters.
    struct Counters: Equatable {
        var firstScans: Int64 = 0
        var earlierScans: Int64 = 0
        var repeats: Int64 = 0
        var refusals: Int64 = 0

        var scans: Int64 { firstScans + earlierScans + repeats + refusals }
    }

    /// By player.
    var facts: [String: [Fact]] = [:]
    var scores: [String: Score] = [:]
    /// `refused_count`, by the reason's name, over all hours.
    var refusals: [String: Int64] = [:]
    var counters = Counters()
    /// The values of present keys, by player.
    var hot: [String: String] = [:]
    /// The newest version of each key, by player.
    var feed: [String: Score] = [:]
}

extension Observation.Score {
    /// The value of a key in the hot tier (contracts.md section 4).
    var hotValue: String {
        "1 \(version) \(score) \(unlocks) \(reachedAt.map { "\($0)" } ?? "-") \(committedAt)"
    }
}
