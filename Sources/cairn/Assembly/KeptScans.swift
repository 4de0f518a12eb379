import HuntCore
import ScanWire
import Storage

/// The kept values of refused scans, read again.
enum KeptScans {
    /// So many bytes of a value are kept (contracts.md section 1).
    private static let bytesMax = 1_024

    /// Reads whole values. Of one as long as a kept value can be, nobody knows whether it was cut: as JSON it would be
    /// broken then, as Protobuf perhaps not, so that is not tried.
    static func reader() -> KeptScanReader {
        let decoder = KeptScanDecoder()
        return { decoder.read($0, isWhole: $0.count < bytesMax) }
    }
}

private final class KeptScanDecoder {
    private var decoder = ScanDecoder()
    private var scan = ScanView()

    /// nil: no scan. The time of receipt was right when the scan was refused for its hunt's rules, and the key was the
    /// player.
    func read(_ value: UnsafeRawBufferPointer, isWhole: Bool) -> KeptScan? {
        if isWhole {
            return decoder.decodeStored(value: value, receivedAt: 0, into: &scan) == nil ? KeptScan(scan) : nil
        }
        let refusal = decoder.decode(value: value, key: nil, receivedAt: 0, into: &scan)
        return refusal?.reason == .wrongKey ? KeptScan(scan) : nil
    }
}
