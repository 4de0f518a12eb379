/// One decoded scan. The buffers point into the record's value or into the decoder's scratch space and are valid until
/// the decoder's next call or until the record is released, whichever comes first.
///
/// - Source: contracts.md section 1.
public struct ScanView {
    /// 1-64 bytes.
    public var eventID = UnsafeRawBufferPointer(start: nil, count: 0)
    /// 1-63 bytes, a slug.
    public var hunt = UnsafeRawBufferPointer(start: nil, count: 0)
    /// 1-64 bytes.
    public var player = UnsafeRawBufferPointer(start: nil, count: 0)
    /// 1-64 bytes; empty when the scan names none.
    public var reader = UnsafeRawBufferPointer(start: nil, count: 0)
    public var tag = TagUID.none
    /// Epoch milliseconds, `0 ... 253402300799999`.
    public var scannedAt: Int64 = 0

    public init() {}
}
