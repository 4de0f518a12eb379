import Foundation

/// A TCP port of 127.0.0.1 that nothing uses at this moment.
///
/// It lies below the range from which the kernel takes the source ports of outgoing connections. From within that range
/// a client that tries again and again to reach a server that was killed could be given the server's own port as its
/// source port: it would be connected to itself, and the server could not come back.
func freePort() -> Int {
    let range = (try? String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)) ?? ""
    let ephemeral = range.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) } ?? 32768
    if ephemeral > 12_000 {
        for _ in 0..<64 {
            if let port = bindable(Int.random(in: 10_000..<ephemeral)) { return port }
        }
    }
    return bindable(0) ?? 0
}

/// `port`, or the kernel's choice for 0, when it can be bound; else nil.
private func bindable(_ port: Int) -> Int? {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_INET, kind, 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            guard bind(descriptor, generic, length) == 0, getsockname(descriptor, generic, &length) == 0 else {
                return nil
            }
            return Int(in_port_t(bigEndian: pointer.pointee.sin_port))
        }
    }
}
