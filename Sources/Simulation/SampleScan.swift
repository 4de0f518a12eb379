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

    /// The line that `LineDecoder` reads.
    public var line: [UInt8] {
        Array("\(eventID) \(hunt) \(player) \(tag) \(scannedAt) \(reader ?? "-")".utf8)
    }

    public var isPoisonous: Bool { eventID.hasPrefix(Self.poison) }
}
