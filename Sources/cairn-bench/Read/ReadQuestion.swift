import FlowCore

/// What a player's telephone asks.
enum ReadQuestion: Equatable, Sendable {
    /// A player's rank.
    case player(Int)
    /// The first of the board.
    case board
    /// A player with its neighbours.
    case around(Int)
    /// Friends, all different.
    case lookup([Int])

    static let boardLimit = 50
    static let radius = 5
    static let friends = 20

    /// One of the mix: 60 % ranks, 25 % boards, 10 % neighbours, 5 % friends.
    static func draw(players: Int, _ random: inout SplitMix64) -> ReadQuestion {
        switch random.below(100) {
        case ..<60: return .player(random.below(players))
        case ..<85: return .board
        case ..<95: return .around(random.below(players))
        default:
            var ids: Set<Int> = []
            while ids.count < min(friends, players) { ids.insert(random.below(players)) }
            return .lookup(ids.sorted())
        }
    }

    /// The bytes of an HTTP/1.1 request on a connection that is kept.
    var request: [UInt8] {
        let base = "/v1/hunts/\(BenchHunt.slug)"
        switch self {
        case .player(let player): return Self.get("\(base)/players/\(Self.name(player))")
        case .board: return Self.get("\(base)/board?limit=\(Self.boardLimit)")
        case .around(let player): return Self.get("\(base)/players/\(Self.name(player))/around?radius=\(Self.radius)")
        case .lookup(let players):
            let body = #"{"players":["# + players.map { "\"\(Self.name($0))\"" }.joined(separator: ",") + "]}"
            let head = """
                POST \(base)/players:lookup HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
                Content-Length: \(body.utf8.count)\r\n\r\n
                """
            return Array(head.utf8) + Array(body.utf8)
        }
    }

    private static func get(_ path: String) -> [UInt8] { Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8) }

    /// The id of a player.
    static func name(_ player: Int) -> String { String(decoding: ScanTemplate.name(ofPlayer: player), as: UTF8.self) }
}

/// An answer that is kept, to be judged when the load is over.
struct KeptAnswer: Sendable {
    var question: ReadQuestion
    /// When all of it was there, epoch microseconds.
    var receivedUs: Int64
    var body: [UInt8]
}
