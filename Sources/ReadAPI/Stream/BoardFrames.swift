import NIOCore

/// One open stream of a board's events, as bytes of `text/event-stream`.
///
/// It is pulled: an event is made when the reader is ready for one, and there is never more than one. It ends when the
/// hunt is deleted, when the streams end, and when the task that iterates is cancelled. To be iterated once.
public struct BoardFrames: AsyncSequence, Sendable {
    public typealias Element = ByteBuffer
    public typealias Failure = Never

    let reader: StreamReader
    let lastState: BoardStateID?
    let retryMs: Int

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(reader: reader, position: .init(state: lastState), retryMs: retryMs)
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let reader: StreamReader
        var position: StreamChannel.Position
        /// nil: it was told.
        var retryMs: Int?

        public mutating func next() async -> ByteBuffer? {
            while !Task.isCancelled {
                switch step() {
                case .send(let event, _): return event
                case .wait(let wakeUp): await reader.channel.wait(wakeUp: wakeUp)
                case .ended: return nil
                }
            }
            return nil
        }

        /// What is to be sent now, for who does not wait in a task.
        mutating func step() -> StreamChannel.Step {
            if let ms = retryMs {
                retryMs = nil
                return .send(StreamEvent.retry(ms: ms), position)
            }
            let step = reader.channel.step(position, top: reader.top)
            if case .send(_, let position) = step { self.position = position }
            return step
        }
    }
}

/// A place among the open streams; it is given back when nobody holds it any more.
final class StreamReader: Sendable {
    let channel: StreamChannel
    let top: Int
    private let onLeave: @Sendable () -> Void

    /// - Parameter channel: one that this reader has joined.
    init(_ channel: StreamChannel, top: Int, onLeave: @escaping @Sendable () -> Void) {
        self.channel = channel
        self.top = top
        self.onLeave = onLeave
    }

    deinit {
        channel.leave()
        onLeave()
    }
}
