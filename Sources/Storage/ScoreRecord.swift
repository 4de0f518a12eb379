import FlowCore
import HuntCore

/// A record of the feed: key `HUNT/PLAYER` and the JSON of contracts.md section 4. Keeps its memory for the next one.
package struct ScoreRecord: ~Copyable {
    /// A slug of 63 bytes, a slash and a player of 64.
    private static let keyBytesMax = 128
    /// Both, the names, and seven numbers of at most 20 bytes.
    private static let valueBytesMax = 512

    private let memory: UnsafeMutableRawBufferPointer
    private var keyText: TextWriter
    private var valueText: TextWriter

    package init() {
        memory = .allocate(byteCount: Self.keyBytesMax + Self.valueBytesMax, alignment: 8)
        keyText = Self.keyWriter(memory)
        valueText = Self.valueWriter(memory)
    }

    deinit { memory.deallocate() }

    private static func keyWriter(_ memory: UnsafeMutableRawBufferPointer) -> TextWriter {
        TextWriter(UnsafeMutableRawBufferPointer(rebasing: memory[..<keyBytesMax]))
    }

    private static func valueWriter(_ memory: UnsafeMutableRawBufferPointer) -> TextWriter {
        TextWriter(UnsafeMutableRawBufferPointer(rebasing: memory[keyBytesMax...]))
    }

    /// Valid until the next change.
    package var key: UnsafeRawBufferPointer { keyText.bytes }
    /// Valid until the next change.
    package var value: UnsafeRawBufferPointer { valueText.bytes }

    /// - Parameter hunt: the slug.
    package mutating func setKey(_ player: PlayerKey, hunt: [UInt8]) {
        var text = Self.keyWriter(memory)
        hunt.withUnsafeBytes { text.append($0) }
        text.append("/")
        player.withBytes { text.append($0) }
        keyText = text
    }

    package mutating func set(_ item: PublishItem, hunt: [UInt8]) {
        setKey(item.key, hunt: hunt)
        var text = Self.valueWriter(memory)
        text.append("{\"hunt\":\"")
        hunt.withUnsafeBytes { text.append($0) }
        // The alphabets of slugs and players hold nothing that JSON would escape.
        text.append("\",\"player\":\"")
        item.key.withBytes { text.append($0) }
        text.append("\",\"score\":")
        text.append(item.tally.score)
        text.append(",\"unlocks\":")
        text.append(Int64(item.tally.unlocks))
        text.append(",\"reached_at\":")
        if item.tally.reachedAt < 0 { text.append("null") } else { text.append(item.tally.reachedAt) }
        text.append(",\"version\":")
        text.append(item.version)
        text.append(",\"committed_at\":")
        text.append(item.committedAt)
        text.append(",\"source\":{\"partition\":")
        text.append(Int64(item.partition))
        text.append(",\"offset\":")
        text.append(item.offset)
        text.append("}}")
        valueText = text
    }
}
