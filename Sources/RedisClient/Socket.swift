import Glibc
import Reactor

/// One address of a server, ready for `connect`.
struct SocketAddress: Sendable {
    var storage: sockaddr_storage
    var length: socklen_t

    /// The address itself when the host is one, which needs no resolver and never blocks; else nil.
    static func numeric(_ server: Server) -> [SocketAddress]? {
        try? addresses(of: server, AI_NUMERICHOST)
    }

    /// All addresses of a server, in the order to try them. Blocks for as long as the resolver does.
    static func resolve(_ server: Server) throws(RedisError) -> [SocketAddress] {
        try addresses(of: server, 0)
    }

    private static func addresses(of server: Server, _ flags: Int32) throws(RedisError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_flags = flags
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(server.host, String(server.port), &hints, &list)
        guard status == 0 else {
            let reason = String(cString: gai_strerror(status))
            throw .unreachable("Redis host \(server.host) has no address (\(reason)): correct the URL or the resolver")
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next {
            var address = SocketAddress(storage: sockaddr_storage(), length: entry.pointee.ai_addrlen)
            memcpy(&address.storage, entry.pointee.ai_addr, Int(address.length))
            addresses.append(address)
            next = entry.pointee.ai_next
        }
        return addresses
    }
}

/// One TCP socket that never blocks. Owns its descriptor and closes it exactly once.
///
/// Not `Sendable`: the reactor's thread reads and writes it.
struct Socket: ~Copyable {
    /// -1 when closed.
    private(set) var descriptor: Int32 = -1

    deinit { if descriptor >= 0 { Glibc.close(descriptor) } }

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Starts to connect. Returns 0 or an errno; 0 means "wait until writable, then ask `pendingError`".
    mutating func startConnecting(to address: SocketAddress, _ settings: RedisSettings) -> Int32 {
        close()
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = socket(Int32(address.storage.ss_family), kind, 0)
        if descriptor < 0 { return errno }
        // Before connecting: the window scale of a TCP connection is fixed by then.
        set(SOL_SOCKET, SO_SNDBUF, Int32(clamping: settings.sendBuffer))
        set(SOL_SOCKET, SO_RCVBUF, Int32(clamping: settings.receiveBuffer))
        set(Int32(IPPROTO_TCP), TCP_NODELAY, settings.tcpNoDelay ? 1 : 0)
        // A peer that vanished is noticed after 15 + 3 * 5 s even when nothing is asked of it.
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 15)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 5)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
        var address = address
        let length = address.length
        let status = withUnsafePointer(to: &address.storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, length) }
        }
        return status == 0 || errno == EINPROGRESS ? 0 : errno
    }

    /// Why connecting failed, 0 when it did not.
    borrowing func pendingError() -> Int32 { get(SO_ERROR) ?? errno }

    /// Bytes the kernel granted; Linux counts its own bookkeeping in, so this is twice what was asked for and given.
    borrowing func grantedSendBuffer() -> Int? { get(SO_SNDBUF).map(Int.init) }
    borrowing func grantedReceiveBuffer() -> Int? { get(SO_RCVBUF).map(Int.init) }

    /// Bytes read, 0 at the end of the stream, nil with `errno` set.
    borrowing func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        return count < 0 ? nil : count
    }

    /// Bytes taken by the kernel, nil with `errno` set. Never raises SIGPIPE.
    borrowing func send(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        return count < 0 ? nil : count
    }

    /// A refused option costs speed, not correctness, so it is not an error.
    private borrowing func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private borrowing func get(_ option: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 ? value : nil
    }
}

/// What `errno` means, for a message.
func describe(errno code: Int32) -> String {
    var text = [CChar](repeating: 0, count: 128)
    guard strerror_r(code, &text, text.count) == 0 else { return "error \(code)" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
