import FlowCore
import HTTPTypes
import NIOCore

/// Who asks, for the guard.
enum ClientAddress {
    static func key(of address: SocketAddress?) -> ClientKey {
        switch address {
        case .v4(let peer):
            return withUnsafeBytes(of: peer.address.sin_addr) { ClientKey(address: $0) }
        case .v6(let peer):
            return withUnsafeBytes(of: peer.address.sin6_addr) { ClientKey(address: $0) }
        default: return .other
        }
    }

    /// - Returns: the client that the nearest proxy names last in `X-Forwarded-For`; nil when it names none.
    static func forwarded(_ headers: HTTPFields) -> ClientKey? {
        guard let last = headers[values: .forwardedFor].last?.split(separator: ",").last else { return nil }
        let text = last.drop { $0 == " " }.prefix { $0 != " " }
        guard text.utf8.count <= 64, let address = try? SocketAddress(ipAddress: host(of: text), port: 0) else {
            return nil
        }
        return key(of: address)
    }

    /// The address of `1.2.3.4:80` and `[::1]:80`, which some proxies write.
    private static func host(of text: Substring) -> String {
        if text.hasPrefix("[") { return String(text.dropFirst().prefix { $0 != "]" }) }
        let colons = text.utf8.count { $0 == UInt8(ascii: ":") }
        return String(colons == 1 ? text.prefix { $0 != ":" } : text)
    }
}
