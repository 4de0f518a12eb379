import HuntCore

extension ScanDecoder {
    /// Decodes again the value of a scan that was refused for a reason after decoding, such as `unknown_tag`. A refused
    /// scan is stored without its encoding, so JSON is tried, then Protobuf. The key is not stored and not asked for.
    ///
    /// No value is a scan in both encodings. A Protobuf scan names its hunt, whose tag on the wire is the byte 0x12, or,
    /// written longer than it needs to be, some bytes of which the last is 0x00. JSON allows neither byte anywhere: as
    /// white space it knows 0x09, 0x0A, 0x0D and 0x20, and in a string every byte below 0x20 must be escaped (RFC 8259,
    /// sections 2 and 7). So what was decoded once is decoded to the same scan again.
    ///
    /// - Parameters:
    ///   - value: the whole value, none of it cut off.
    ///   - receivedAt: the record's timestamp, epoch milliseconds.
    ///   - scan: as with `decode`; whole when nil is returned.
    /// - Returns: nil for a scan, else why the value is none, read as JSON.
    public mutating func decodeStored(
        value: UnsafeRawBufferPointer, receivedAt: Int64, into scan: inout ScanView
    ) -> ScanRefusal? {
        guard let refusal = decodeKeyless(value, as: .json, receivedAt, into: &scan) else { return nil }
        return decodeKeyless(value, as: .protobuf, receivedAt, into: &scan) == nil ? nil : refusal
    }

    /// A record without a key is refused for that when all before it is right.
    private mutating func decodeKeyless(
        _ value: UnsafeRawBufferPointer, as encoding: ScanEncoding, _ receivedAt: Int64, into scan: inout ScanView
    ) -> ScanRefusal? {
        let refusal = decode(value: value, as: encoding, key: nil, receivedAt: receivedAt, into: &scan)
        return refusal?.reason == .wrongKey ? nil : refusal
    }
}
