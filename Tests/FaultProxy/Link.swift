import Foundation
import NIOCore

/// A client's connection and the one to the server that belongs to it. Lives on the proxy's loop.
final class Link {
    /// How much of what a client says first is kept, to tell clients from each other.
    static let openingBytes = 256

    let number: Int
    private let client: any Channel
    private var server: (any Channel)?
    private var pipes: [Direction: Pipe] = [:]
    private var steps: [FaultScript.Step]
    private var timers: [Scheduled<Void>] = []
    private(set) var opening: [UInt8] = []
    private(set) var isClosed = false
    private var endedWays = 0
    private let onClose: () -> Void

    init(
        number: Int, client: any Channel, script: FaultScript, traffic: [Direction: Traffic], seed: UInt64,
        onClose: @escaping () -> Void
    ) {
        self.number = number
        self.client = client
        self.onClose = onClose
        steps = script.steps
        for (way, direction) in Direction.allCases.enumerated() {
            pipes[direction] = Pipe(
                direction, of: self, on: client.eventLoop, traffic: traffic[direction] ?? .pass,
                seed: seed &+ UInt64(number * 2 + way))
        }
    }

    func pipe(_ direction: Direction) -> Pipe? { pipes[direction] }

    /// The server has answered: bytes may go.
    func open(to server: any Channel) {
        self.server = server
        if isClosed { return server.close(promise: nil) }
        for (direction, source, sink) in [(Direction.toServer, client, server), (.toClient, server, client)] {
            pipes[direction]?.source = source
            pipes[direction]?.sink = sink
        }
        let loop = client.eventLoop.assumeIsolated()
        for step in steps {
            guard case .afterMs(let delayMs) = step.trigger else { continue }
            timers.append(loop.scheduleTask(in: .milliseconds(delayMs)) { [weak self] in self?.apply(step.action) })
        }
        steps.removeAll { if case .afterMs = $0.trigger { true } else { false } }
        for pipe in pipes.values {
            pipe.readOn()
            pipe.pump()
        }
    }

    func received(_ bytes: ByteBuffer, _ direction: Direction) {
        if direction == .toServer && opening.count < Self.openingBytes {
            opening += bytes.readableBytesView.prefix(Self.openingBytes - opening.count)
        }
        pipes[direction]?.received(bytes)
    }

    // MARK: Script

    /// How many bytes may pass this way until the script has a word; nil when it has none.
    func bytesUntilStep(_ direction: Direction) -> Int? {
        guard let pipe = pipes[direction] else { return nil }
        return steps.compactMap { step in
            guard case .afterBytes(direction, let bytes) = step.trigger else { return nil }
            return max(1, bytes - pipe.passedBytes)
        }.min()
    }

    /// Bytes have gone to the receiver.
    func passed(_ direction: Direction) {
        guard let pipe = pipes[direction] else { return }
        let due = steps.filter { step in
            guard case .afterBytes(direction, let bytes) = step.trigger else { return false }
            return pipe.passedBytes >= bytes
        }
        if due.isEmpty { return }
        steps.removeAll { due.contains($0) }
        for step in due { apply(step.action) }
    }

    func apply(_ action: FaultAction) {
        switch action {
        case .traffic(let direction, let traffic): pipes[direction]?.turn(traffic)
        case .cut: close(byReset: false)
        case .reset: close(byReset: true)
        }
    }

    // MARK: The end

    /// One of the two connections is gone. After an orderly end the other one still gets what is under way.
    func lost(_ direction: Direction) {
        endedWays += 1
        // The end of a connection that was ended from here before is not told apart.
        if pipes[direction.opposite]?.isSinkEnded == true { pipes[direction]?.sourceEnded() }
        if endedWays == 2 || pipes[direction]?.hasSourceEnded != true { close(byReset: false) }
    }

    func close(byReset: Bool) {
        if isClosed { return }
        isClosed = true
        for timer in timers { timer.cancel() }
        for pipe in pipes.values { pipe.close() }
        for channel in [client, server].compactMap({ $0 }) { Self.end(channel, byReset: byReset) }
        onClose()
    }

    private static func end(_ channel: any Channel, byReset: Bool) {
        guard byReset, let options = channel as? any SocketOptionProvider else { return channel.close(promise: nil) }
        // An end with nothing to linger for is a reset (socket(7), SO_LINGER).
        options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }
}
