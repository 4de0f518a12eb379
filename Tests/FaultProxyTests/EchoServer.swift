import Foundation
import NIOCore
import NIOPosix

/// Sends back whatever it gets; the end of what it gets as well.
final class EchoServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    var port: Int { listener.localAddress?.port ?? 0 }

    init() async throws {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        listener = try await ServerBootstrap(group: group)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func stop() async {
        try? await listener.close()
        try? await group.shutdownGracefully()
    }

    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(data, promise: nil)
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .some(.inputClosed) = event as? ChannelEvent { context.close(mode: .output, promise: nil) }
        }
    }
}

/// A plain socket whose reads wait at most `patienceMs`.
struct Client: ~Copyable {
    enum Answer: Equatable {
        case bytes([UInt8])
        /// The other side has ended in order.
        case end
        case reset
        /// Nothing came in time.
        case silence
    }

    private let descriptor: Int32

    /// - Throws: the system's error, ECONNREFUSED for example.
    init(port: Int, patienceMs: Int = 10_000) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: patienceMs / 1000, tv_usec: patienceMs % 1000 * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if status != 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit { close(descriptor) }

    /// - Returns: how many bytes were taken until the end or until nothing more was taken in time.
    @discardableResult
    borrowing func send(_ bytes: [UInt8]) -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count <= 0 { break }
            sent += count
        }
        return sent
    }

    borrowing func end() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next bytes, at most `most`.
    borrowing func read(_ most: Int = 65_536) -> Answer {
        var chunk = [UInt8](repeating: 0, count: most)
        let count = recv(descriptor, &chunk, most, 0)
        if count > 0 { return .bytes(Array(chunk[..<count])) }
        if count == 0 { return .end }
        return errno == EAGAIN ? .silence : .reset
    }

    /// Reads until so many bytes have come, or something else.
    borrowing func readAll(_ count: Int) -> Reading {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let answer = read()
            guard case .bytes(let more) = answer else { return Reading(bytes: bytes, last: answer) }
            bytes += more
        }
        return Reading(bytes: bytes, last: .bytes([]))
    }
}

/// What came, and what ended it.
struct Reading {
    var bytes: [UInt8]
    var last: Client.Answer

    /// A failed comparison of arrays would be told element by element.
    func isEqual(to wanted: [UInt8]) -> Bool { bytes == wanted }
}

/// Bytes that differ from their neighbours.
func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }
