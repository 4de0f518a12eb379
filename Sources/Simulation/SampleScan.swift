/// What a phone sends, before it is bytes.
public struct SampleScan: Equatable, Sendable {
    /// An event id that begins so cannot be stored by `FakeLedger`.
    public static let poison = "poison"

    public var eventID: String
    public var hunt: String
    public var player: String
    /// 8, 14 or 20 hex digits.
    public var tag: String
    /// Epoch milliseconds.
    public var scannedAt: Int64
    public var reader: String?

    public init(
        eventID: String, hunt: String, player: String, tag: String, scannedAt: Int64, reader: String? = nil
    ) {
        self.eventID = eventID
        self.hunt = hunt
        self.player = player
        self.tag = tag
        self.scannedAt = scannedAt
        self.reader = reader
    }

    /// Reads what `line` wrote; nil for anything else.
    public init?(line: [UInt8]) {
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 6, let scannedAt = Int64(words[4]) else { return nil }
        self.init(
            eventID: words[0], hunt: words[1], player: words[2], tag: words[3], scannedAt: scannedAt,
            reader: words[5] == "-" ? nil : words[5])
    }

    /// The line that `LineDecoder` reads.
    public var line: [UInt8] {
        Array("\(eventID) \(hunt) \(player) \(tag) \(scannedAt) \(reader ?? "-")".utf8)
    }

    public var isPoisonous: Bool { eventID.hasPrefix(Self.poison) }
}
