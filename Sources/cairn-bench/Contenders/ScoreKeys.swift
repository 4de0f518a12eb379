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
        call.begin()
        switch self {
        case .cairn:
            call.appendPiece("cairn:{")
            call.appendPiece(BenchHunt.slug)
            call.appendPiece(":")
            call.appendPiece(Int64(name.withUnsafeBytes { crc16($0) } % 64))
            call.appendPiece("}:score:")
        case .peer: call.appendPiece("score:")
        }
        name.withUnsafeBytes { call.appendPiece($0) }
        call.end()
    }

    /// The score in a key's value; nil for anything else.
    func score(in text: String) -> Int64? {
        switch self {
        case .cairn: HotScore(text)?.score
        case .peer: PeerKey(text)?.score
        }
    }
}
