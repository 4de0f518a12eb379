/// A one-dimensional array without nulls in Postgres' binary format (array_send in the server's source): dimensions,
/// flags, element type, then per dimension length and lower bound, then each element behind its 4-byte length.
struct BinaryArray {
    private static let headerBytes = 20

    let count: Int
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer?) {
        self.bytes = bytes ?? UnsafeRawBufferPointer(start: nil, count: 0)
        guard let bytes, bytes.count >= Self.headerBytes else {
            count = 0
            return
        }
        count = Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 12, as: Int32.self)))
    }

    func int32(_ position: Int) -> Int32 {
        Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: Self.headerBytes + position * 8 + 4, as: Int32.self))
    }

    /// Epoch milliseconds of a timestamptz element.
    func timestampMs(_ position: Int) -> Int64 {
        let place = Self.headerBytes + position * 12 + 4
        let microseconds = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: Int64.self))
        return microseconds / 1000 + Self.epoch2000Ms
    }

    /// 2000-01-01T00:00:00Z, where Postgres begins to count.
    private static let epoch2000Ms: Int64 = 946_684_800_000
}
