import HuntCore
import ScanWire
import Storage

/// The kept values of refused scans, read again.
enum KeptScans {
    /// So many bytes of a value are kept; a value of this length may be cut (contracts.md section 1).
    private static let bytesMax = 1_024

    /// Reads whole values.
    static func reader() -> KeptScanReader {
        let decoder = KeptScanDecoder()
        return { decoder.read($0) }
    }

    /// Whether a value is about this player of this hunt. One that is no scan, or was cut, is as soon as the player's id
    /// stands in it as a word.
    static func names(hunt: String, player: String) -> (UnsafeRawBufferPointer) -> Bool {
        let decoder = KeptScanDecoder()
        let hunt = Array(hunt.utf8)
        let player = Array(player.utf8)
        return { value in
            if let scan = decoder.read(value) { return scan.hunt == hunt && scan.player == player }
            return contains(player, in: value)
        }
    }

    /// Whether a word stands in the bytes with no byte of a longer id before or behind it.
    static func contains(_ word: [UInt8], in bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= word.count else { return false }
        for start in 0...(bytes.count - word.count) {
            let end = start + word.count
            guard UnsafeRawBufferPointer(rebasing: bytes[start..<end]).elementsEqual(word) else { continue }
            let isWhole = (start == 0 || !isPartOfID(bytes[start - 1])) && (end == bytes.count || !isPartOfID(bytes[end]))
            if isWhole { return true }
        }
        return false
    }

    private static func isPartOfID(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-_.:@+".utf8.contains(byte)
        }
    }
}

private final class KeptScanDecoder {
    private var decoder = ScanDecoder()
    private var scan = ScanView()

    /// nil: no scan.
    func read(_ value: UnsafeRawBufferPointer) -> KeptScan? {
        // The time of receipt was right when the scan was refused for its hunt's rules.
        decoder.decodeStored(value: value, receivedAt: 0, into: &scan) == nil ? KeptScan(scan) : nil
    }
}
