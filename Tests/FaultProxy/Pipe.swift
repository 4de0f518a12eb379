import NIOCore

/// One direction of a link: what one end sent and the other has not taken yet, at most `bytesMax` and one read.
///
/// Lives on the proxy's loop.
final class Pipe {
    private struct Chunk {
        var bytes: ByteBuffer
        var due: NIODeadline
    }

    /// Beyond this the sender is read no more until the receiver has taken something.
    static let bytesMax = 256 << 10

    let direction: Direction
    private let loop: any EventLoop
    /// Set by the link once there are both; what comes before waits.
    var source: (any Channel)?
    var sink: (any Channel)?
    private unowned let link: Link
    private(set) var traffic: Traffic
    private var random: Randomness
    private var chunks = CircularBuffer<Chunk>()
    private var latestDue = NIODeadline.now()
    /// When the rate allows the next bytes.
    private var freeAt = NIODeadline.now()
    private var timer: Scheduled<Void>?
    /// In order, that is by FIN.
    private(set) var hasSourceEnded = false
    private(set) var isSinkEnded = false
    private var isPumping = false
    /// Waiting here or on their way into the receiver's socket.
    private(set) var unsentBytes = 0
    private(set) var passedBytes = 0

    init(_ direction: Direction, of link: Link, on loop: any EventLoop, traffic: Traffic, seed: UInt64) {
        self.direction = direction
        self.link = link
        self.traffic = traffic
        self.loop = loop
        random = Randomness(seed: seed)
    }

    /// Bytes that wait in the proxy itself.
    var waitingBytes: Int { chunks.reduce(0) { $0 + $1.bytes.readableBytes } }

    func turn(_ traffic: Traffic) {
        self.traffic = traffic
        pump()
        readOn()
    }

    func received(_ bytes: ByteBuffer) {
        if traffic.mode == .swallow { return }
        let jitterMs = traffic.jitterMs > 0 ? Int64(random.below(Int(traffic.jitterMs) + 1)) : 0
        latestDue = max(latestDue, .now() + .milliseconds(traffic.delayMs + jitterMs))
        unsentBytes += bytes.readableBytes
        chunks.append(Chunk(bytes: bytes, due: latestDue))
        pump()
    }

    func sourceEnded() {
        hasSourceEnded = true
        pump()
    }

    /// Asks the sender for more, unless enough waits.
    func readOn() {
        if !hasSourceEnded && unsentBytes < Self.bytesMax { source?.read() }
    }

    func close() {
        timer?.cancel()
        chunks.removeAll()
    }

    /// Sends what is due.
    func pump() {
        // A write that is done at once asks for more while its bytes are still being counted.
        guard let sink, !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while traffic.mode == .pass, !link.isClosed, let first = chunks.first {
            let at = max(first.due, freeAt)
            if at > .now() { return wake(at) }
            send(takePart(), to: sink)
        }
        // The end follows all that went before it.
        if hasSourceEnded && unsentBytes == 0 && !isSinkEnded && !link.isClosed {
            isSinkEnded = true
            sink.close(mode: .output, promise: nil)
        }
    }

    private func wake(_ deadline: NIODeadline) {
        timer?.cancel()
        timer = loop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in self?.pump() }
    }

    /// The next bytes, as many as rate and script allow at once.
    private func takePart() -> ByteBuffer {
        var most = link.bytesUntilStep(direction) ?? Int.max
        if let rate = traffic.bytesPerSecond { most = min(most, max(1, rate / 100)) }
        let count = min(most, chunks[chunks.startIndex].bytes.readableBytes)
        let part = chunks[chunks.startIndex].bytes.readSlice(length: count) ?? ByteBuffer()
        if chunks[chunks.startIndex].bytes.readableBytes == 0 { chunks.removeFirst() }
        if let rate = traffic.bytesPerSecond {
            freeAt = max(freeAt, .now()) + .nanoseconds(Int64(count) * 1_000_000_000 / Int64(rate))
        }
        return part
    }

    private func send(_ part: ByteBuffer, to sink: any Channel) {
        let count = part.readableBytes
        passedBytes += count
        sink.writeAndFlush(part).assumeIsolated().whenComplete { [weak self] _ in
            guard let self else { return }
            unsentBytes -= count
            readOn()
            pump()
        }
        link.passed(direction)
    }
}

/// Hands what a channel reads to its pipe.
final class Inlet: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let direction: Direction
    private let link: Link

    init(_ direction: Direction, _ link: Link) {
        self.direction = direction
        self.link = link
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        link.received(unwrapInboundIn(data), direction)
    }

    func channelReadComplete(context: ChannelHandlerContext) { link.pipe(direction)?.readOn() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { link.pipe(direction)?.sourceEnded() }
    }

    /// Without an orderly end before: the peer reset the connection or has closed both ways.
    func channelInactive(context: ChannelHandlerContext) { link.lost(direction) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { link.close(byReset: true) }
}
