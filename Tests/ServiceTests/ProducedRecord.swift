import HuntCore
import ScanWire

/// A scan as a phone sends it.
struct SentScan {
    var eventID: String
    var hunt: String
    var player: String
    /// Hex digits of any case.
    var tag: String
    var scannedAt: Int64
    var reader: String?
    /// Whether the time goes as RFC 3339 text.
    var writesText = false
    var encoding = ScanEncoding.json
    /// Whether Protobuf begins with an unknown field that is longer than what cairn keeps of a value.
    var beginsUnknown = false

    var value: [UInt8] { encoding == .json ? json : protobuf }

    var protobuf: [UInt8] {
        // Field 15 with 2,048 bytes.
        var bytes = beginsUnknown ? [0x7A, 0x80, 0x10] + [UInt8](repeating: 0xFF, count: 2_048) : []
        ScanEncoder.append(
            eventID: eventID, hunt: hunt, player: player, tag: tag, scannedAt: scannedAt, reader: reader, as: .protobuf,
            to: &bytes)
        return bytes
    }

    var json: [UInt8] {
        let time = writesText ? "\"\(Timestamp.format(scannedAt))\"" : "\(scannedAt)"
        let reader = reader.map { ",\"reader\":\"\($0)\"" } ?? ""
        let head = "{\"event_id\":\"\(eventID)\",\"hunt\":\"\(hunt)\",\"player\":\"\(player)\""
        return Array("\(head),\"tag\":\"\(tag)\",\"scanned_at\":\(time)\(reader)}".utf8)
    }
}

/// A record that was handed to Kafka, and where it went.
struct ProducedRecord {
    enum Content {
        case scan(SentScan)
        /// Bytes that are refused for this reason, whatever hunts there are.
        case poison([UInt8]?, RefusalReason)
    }

    var content: Content
    var key: String?
    /// The record's timestamp, epoch milliseconds.
    var receivedAt: Int64
    var headers: [(name: StaticString, value: StaticString)] = []
    /// -1 until it is acknowledged.
    var partition: Int32 = -1
    var offset: Int64 = -1

    static let protobufHeader: (name: StaticString, value: StaticString) = ("content-type", "application/x-protobuf")

    var value: [UInt8]? {
        switch content {
        case .scan(let scan): scan.value
        case .poison(let bytes, _): bytes
        }
    }
}

/// Section 1 of contracts.md for scans that are well formed, written plainly and apart from cairn's own judge.
struct PlainJudge {
    enum Judgement {
        case accepted(checkpoint: String)
        case refused(RefusalReason)
    }

    private let hunts: [String: HuntDefinition]
    private let checkpoints: [String: HuntDefinition.Checkpoint]

    init(_ definitions: [HuntDefinition]) {
        hunts = Dictionary(uniqueKeysWithValues: definitions.map { ($0.slug, $0) })
        checkpoints = Dictionary(
            uniqueKeysWithValues: definitions.flatMap { hunt in
                hunt.checkpoints.map { ("\(hunt.slug) \($0.tag)", $0) }
            })
    }

    func judge(_ record: ProducedRecord) -> Judgement {
        let scan: SentScan
        switch record.content {
        case .poison(_, let reason): return .refused(reason)
        case .scan(let sent): scan = sent
        }
        if record.key != scan.player { return .refused(.wrongKey) }
        guard let hunt = hunts[scan.hunt] else { return .refused(.unknownHunt) }
        guard let checkpoint = checkpoints["\(hunt.slug) \(scan.tag.uppercased())"] else {
            return .refused(.unknownTag)
        }
        if scan.scannedAt > record.receivedAt + 300_000 { return .refused(.fromTheFuture) }
        let opensAt = checkpoint.opensAt ?? hunt.opensAt
        let closesAt = checkpoint.closesAt ?? hunt.closesAt
        if scan.scannedAt < opensAt || scan.scannedAt >= closesAt { return .refused(.outsideWindow) }
        if record.receivedAt > hunt.closesAt + hunt.lateGrace { return .refused(.tooLate) }
        return .accepted(checkpoint: checkpoint.id)
    }
}
