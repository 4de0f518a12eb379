import RedisClient

/// How a contender's score keys in Redis are called and read.
enum ScoreKeys {
    /// `cairn:{HUNT:S}:score:PLAYER` (contracts.md section 4) with a `HotScore`.
    case cairn
    /// `score:PLAYER` with `VERSION:SCORE`.
    case peer

    /// Adds the name of a player's key to a command.
    func append(keyOfPlayer player: Int, to call: inout RedisArguments) {
        let name = ScanTemplate.name(ofPlayer: player)
        let shard = name.withUnsafeBytes { crc16($0) } % 64
        let prefix =
            switch self {
            case .cairn: "cairn:{\(BenchHunt.slug):\(shard)}:score:"
            case .peer: "score:"
            }
        call.append(Array(prefix.utf8) + name)
    }

    /// The score in a key's value; nil for anything else.
    func score(in text: String) -> Int64? {
        switch self {
        case .cairn: HotScore(text)?.score
        case .peer: PeerKey(text)?.score
        }
    }
}
