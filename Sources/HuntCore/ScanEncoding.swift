/// How a scan is written into a record's value.
///
/// - Source: contracts.md section 1.
@frozen
public enum ScanEncoding: Sendable, CaseIterable {
    case json
    /// The message `cairn.v1.Scan` of proto/cairn/v1/scan.proto.
    case protobuf
}
