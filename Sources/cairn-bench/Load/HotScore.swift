import Reactor
import RedisClient

/// The value of a score key as a reader sees it: `1 VERSION SCORE UNLOCKS REACHED_AT_MS COMMITTED_AT_MS`
/// (contracts.md section 4).
struct HotScore: Equatable {
    var score: Int64
    var unlocks: Int64
    /// Epoch milliseconds; nil for `-`.
    var reachedAt: Int64?

    /// nil for anything else.
    init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 6, words[0] == "1", let score = Int64(words[2]), let unlocks = Int64(words[3]) else {
            return nil
        }
        self.score = score
        self.unlocks = unlocks
        reachedAt = Int64(words[4])
    }
}

extension RedisArguments {
    /// `cairn:{HUNT:S}:score:PLAYER` (contracts.md section 4).
    mutating func append(scoreKeyOfPlayer player: Int) {
        let name = ScanTemplate.name(ofPlayer: player)
        let shard = name.withUnsafeBytes { crc16($0) } % 64
        append(Array("cairn:{\(BenchHunt.slug):\(shard)}:score:".utf8) + name)
    }
}

extension RedisClient {
    /// A connected client of its own, patient: nobody waits for these answers but the benchmark.
    static func forReading(_ url: String) async throws(RedisError) -> RedisClient {
        var settings = RedisSettings(url: url)
        settings.callTimeoutMs = 5_000
        settings.retries = 0
        settings.connections = 1
        let client = try RedisClient(settings)
        try await client.connect()
        return client
    }
}
