import HuntCore
import PostgresClient
import Reactor

/// A scan as it stands in the value of a refused record.
public struct KeptScan: Sendable {
    public let hunt: [UInt8]
    public let player: [UInt8]
    public let eventID: [UInt8]
    /// nil: it names none.
    public let reader: [UInt8]?
    public let tag: TagUID
    /// Epoch milliseconds.
    public let scannedAt: Int64

    public init(_ scan: ScanView) {
        hunt = Array(scan.hunt)
        player = Array(scan.player)
        eventID = Array(scan.eventID)
        reader = scan.reader.isEmpty ? nil : Array(scan.reader)
        tag = scan.tag
        scannedAt = scan.scannedAt
    }
}

/// Reads a refusal's value again: the scan that it is, or nil when it is none, as when it was cut.
public typealias KeptScanReader = (_ value: UnsafeRawBufferPointer) -> KeptScan?

/// A refused scan that the rules of a hunt refused, with its place in the table.
struct KeptRefusal {
    let place: RefusalPlace
    let reason: RefusalReason
    /// Epoch milliseconds.
    let receivedAt: Int64
    /// Epoch milliseconds; the hour under which it is counted.
    let hour: Int64
    let scan: KeptScan

    /// What the rules make of it now.
    func judged(by rules: HuntRules) -> Verdict {
        rules.judge(tag: scan.tag, scannedAt: scan.scannedAt, receivedAt: receivedAt)
    }
}

/// The key of `cairn.refused_scan`, in its order.
struct RefusalPlace: Equatable {
    var topic = ""
    var partition: Int32 = -1
    var offset: Int64 = -1
}

/// Some rows of `cairn.refused_scan` in the order of its key.
struct RefusalPage {
    static let rowsMax: Int32 = 500

    /// Of the hunt asked for.
    private(set) var refusals: [KeptRefusal] = []
    /// The last row read, of any hunt; nil: there is none left.
    private(set) var last: RefusalPlace?
    /// Rows read.
    let count: Int

    /// Reads the next rows that other rules may judge otherwise (contracts.md section 2).
    ///
    /// - Parameter isLocked: until the end of the transaction nobody else changes or deletes them.
    @Reactor
    static func read(
        after place: RefusalPlace, hunt: [UInt8], isLocked: Bool, _ connection: PostgresConnection,
        reader: KeptScanReader
    ) async throws(PostgresError) -> RefusalPage {
        let parameters = PostgresParameters()
        parameters.append(text: place.topic)
        parameters.append(int32: place.partition)
        parameters.append(int64: place.offset)
        parameters.append(int32: rowsMax)
        let rows = try await connection.query(
            """
            select topic, partition, "offset", reason, received_at, hour, value from cairn.refused_scan
            where (topic, partition, "offset") > ($1, $2, $3)
                and reason in ('outside_window', 'too_late', 'unknown_tag')
                and value is not null and received_at is not null
            order by topic, partition, "offset" limit $4 \(isLocked ? "for update" : "")
            """, parameters)
        return RefusalPage(rows, hunt: hunt, reader: reader)
    }

    private init(_ rows: PostgresRows, hunt: [UInt8], reader: KeptScanReader) {
        count = rows.count
        for row in 0..<rows.count {
            let place = RefusalPlace(
                topic: rows.text(row, 0), partition: rows.int32(row, 1), offset: rows.int64(row, 2))
            last = place
            let name = rows.text(row, 3)
            guard let reason = RefusalReason.allCases.first(where: { $0.name == name }),
                let scan = reader(rows.bytes(row, 6)), scan.hunt == hunt
            else { continue }
            refusals.append(
                KeptRefusal(
                    place: place, reason: reason, receivedAt: rows.timestampMs(row, 4), hour: rows.timestampMs(row, 5),
                    scan: scan))
        }
    }
}
