import FlowCore

/// The scans of one partition, one by each of its players, as the bytes that a consumer has: written beforehand, so that
/// handing them over costs next to nothing.
struct PreparedScans {
    private let partition: Int
    private var bytes: [UInt8] = []
    private var places: [Place] = []

    /// A record: its bytes and its timestamp, epoch milliseconds.
    private struct Place {
        let key: Range<Int>
        let value: Range<Int>
        let receivedAt: Int64
    }

    init(partition: Int32) { self.partition = Int(partition) }

    var count: Int { places.count }

    /// Writes the scan of each player.
    ///
    /// - Parameter visit: which of its checkpoints a player scans, from 0.
    mutating func write(visit: (_ player: Int) -> Int) {
        bytes.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        for place in 0..<CountedHunt.playersPerPartition {
            let player = place * Int(CountedHunt.partitions) + partition
            let visit = visit(player)
            let start = bytes.count
            bytes += CountedHunt.name(ofPlayer: player).utf8
            let middle = bytes.count
            CountedHunt.appendScan(visit * CountedHunt.players + player, player: player, visit: visit, to: &bytes)
            places.append(
                Place(
                    key: start..<middle, value: middle..<bytes.count, receivedAt: CountedHunt.moment(ofVisit: visit)))
        }
    }

    /// Hands over `count` scans, beginning anew after the last.
    func hand(from first: Int, count: Int, offset: Int64, to body: (RawRecord) -> Void) {
        bytes.withUnsafeBytes { bytes in
            var position = first
            for step in 0..<count {
                let place = places[position]
                body(
                    RawRecord(
                        offset: offset + Int64(step), timestampMs: place.receivedAt,
                        key: UnsafeRawBufferPointer(rebasing: bytes[place.key]),
                        value: UnsafeRawBufferPointer(rebasing: bytes[place.value])))
                position += 1
                if position == places.count { position = 0 }
            }
        }
    }
}
