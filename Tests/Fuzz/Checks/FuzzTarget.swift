/// What is fed with bytes nobody thought of.
enum FuzzTarget: String, CaseIterable, Sendable {
    /// The value of a record without the header for Protobuf.
    case json
    /// The value of a record with it.
    case protobuf
    /// Key, value, encoding and timestamp of a record (`FuzzedRecord`).
    case record
    /// A hunt file.
    case hunt
}

/// Runs what a target is about, and holds the result against something that was written apart from it.
final class FuzzChecker {
    private let target: FuzzTarget
    private var scans = ScanCheck()

    init(_ target: FuzzTarget) { self.target = target }

    /// - Returns: what is wrong; nil when all is as it must be. A trap is worse.
    func complaint(about bytes: [UInt8]) -> String? {
        switch target {
        case .json: scans.complaint(about: bytes, as: .json)
        case .protobuf: scans.complaint(about: bytes, as: .protobuf)
        case .record: scans.complaint(about: FuzzedRecord(bytes).record)
        case .hunt: HuntFileCheck.complaint(about: bytes)
        }
    }
}
