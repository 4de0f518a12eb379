/// Which server serves which slot.
struct ClusterMap: Equatable {
    static let slotCount = 16_384
    private static let none = UInt16.max

    /// Masters with at least one slot, in the order of their first slot.
    private(set) var servers: [Server] = []
    /// Position in `servers` per slot.
    private var positions = [UInt16](repeating: none, count: slotCount)

    init() {}

    /// Reads the answer to CLUSTER SLOTS: `[[first, last, [host, port, ...], replica...], ...]`. A host that is missing
    /// or empty is the one that was asked. nil when the answer has another shape.
    ///
    /// - Source: Redis manual, "CLUSTER SLOTS".
    init?(_ reply: RedisReply, askedAt asked: Server) {
        guard case .array(let ranges) = reply else { return nil }
        for range in ranges {
            guard case .array(let parts) = range, parts.count >= 3,
                case .integer(let first) = parts[0], case .integer(let last) = parts[1],
                first >= 0, first <= last, last < Self.slotCount,
                case .array(let master) = parts[2], master.count >= 2, case .integer(let port) = master[1],
                let port = UInt16(exactly: port)
            else { return nil }
            let host = master[0].text.flatMap { $0.isEmpty || $0 == "?" ? nil : $0 } ?? asked.host
            let position = position(of: Server(host: host, port: port))
            for slot in Int(first)...Int(last) { positions[slot] = position }
        }
    }

    func server(ofSlot slot: Int) -> Server? {
        positions[slot] == Self.none ? nil : servers[Int(positions[slot])]
    }

    /// Notes a single move, as MOVED tells it.
    mutating func move(slot: Int, to server: Server) {
        positions[slot] = position(of: server)
    }

    private mutating func position(of server: Server) -> UInt16 {
        if let known = servers.firstIndex(of: server) { return UInt16(known) }
        servers.append(server)
        return UInt16(servers.count - 1)
    }
}

/// `MOVED SLOT HOST:PORT` or `ASK SLOT HOST:PORT`.
struct Redirect: Equatable {
    var isAsk: Bool
    var slot: Int
    var server: Server

    init?(_ line: String, askedAt asked: Server) {
        let words = line.split(separator: " ")
        guard words.count >= 3, words[0] == "MOVED" || words[0] == "ASK",
            let slot = Int(words[1]), (0..<ClusterMap.slotCount).contains(slot),
            let colon = words[2].lastIndex(of: ":"), let port = UInt16(words[2][words[2].index(after: colon)...])
        else { return nil }
        isAsk = words[0] == "ASK"
        self.slot = slot
        let host = words[2][..<colon]
        server = Server(host: host.isEmpty ? asked.host : String(host), port: port)
    }
}
