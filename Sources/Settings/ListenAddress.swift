/// Where a server listens.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// A name or a numeric address; an IPv6 address without its brackets.
    public let host: String
    /// `0 ... 65,535`; 0 is any free port.
    public let port: Int

    /// - Parameters:
    ///   - host: without brackets, not empty.
    ///   - port: `0 ... 65,535`.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// As it is written in a setting: `127.0.0.1:8080`, `[::1]:8080`.
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The address written in `text`, or nil where that is not `host:port` or `[IPv6]:port`.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        let digits = text[text.index(after: colon)...].utf8
        guard !host.isEmpty, (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(Substring(digits)), port <= 65_535
        else { return nil }
        let isHost = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
            case UInt8(ascii: ":"), UInt8(ascii: "%"): isBracketed
            default: false
            }
        }
        guard isHost, host.contains(":") == isBracketed else { return nil }
        self.init(host: String(host), port: port)
    }
}
