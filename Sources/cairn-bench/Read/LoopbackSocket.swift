import Foundation

/// A TCP connection to a port of 127.0.0.1. Closing it is the owner's part.
struct LoopbackSocket {
    let descriptor: Int32

    /// Begins to connect without waiting for it.
    ///
    /// - Parameter source: from which of the addresses 127.64.0.0 and up; nil lets the system choose.
    /// - Returns: nil when the system gives no socket.
    init?(connectingTo port: UInt16, source: UInt32? = nil) {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = socket(AF_INET, kind, 0)
        if descriptor < 0 { return nil }
        var isOn: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, size)
        if let source {
            // The port is chosen with the connection, when it need only differ for this destination (ip(7)).
            setsockopt(descriptor, Int32(IPPROTO_IP), Self.bindAddressNoPort, &isOn, size)
            _ = Self.with(Self.firstSource &+ source, port: 0) { bind(descriptor, $0, $1) }
        }
        let status = Self.with(0x7F00_0001, port: port) { connect(descriptor, $0, $1) }
        if status != 0 && errno != EINPROGRESS {
            close(descriptor)
            return nil
        }
    }

    /// 127.64.0.0
    private static let firstSource: UInt32 = 0x7F40_0000
    /// IP_BIND_ADDRESS_NO_PORT of linux/in.h.
    private static let bindAddressNoPort: Int32 = 24

    private static func with(
        _ address: UInt32, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = in_addr_t(address).bigEndian
        return withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
