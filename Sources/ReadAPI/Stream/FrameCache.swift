import NIOCore

/// The events of one moment that readers have asked for. Readers who come from the same state and see as many players
/// share their bytes.
struct FrameCache: Sendable {
    struct Key: Hashable {
        /// nil: from nothing.
        let from: BoardStateID?
        let top: Int
    }

    struct Frame {
        let bytes: ByteBuffer
        let kind: StreamTotals.Kind
        /// No player among those shown is another one or has other values.
        let isQuiet: Bool
    }

    /// Whoever asks for more different events makes them alone.
    static let framesMax = 256

    private var frames: [Key: Frame] = [:]

    mutating func frame(_ key: Key, make: () -> Frame) -> Frame {
        if let frame = frames[key] { return frame }
        let frame = make()
        if frames.count < Self.framesMax { frames[key] = frame }
        return frame
    }

    mutating func removeAll() { frames.removeAll(keepingCapacity: true) }
}
