/// The parameters of a statement, in Postgres' binary format, in one buffer that is reused from call to call.
///
/// `$1` is what was appended first. Writing an element allocates nothing once the buffer has grown to its working size,
/// and sending copies the buffer once, into libpq's. Not `Sendable`: one owner fills it, sends it, empties it. It must
/// not change between the call of `query` and its return.
///
/// Bounds: 65,535 parameters and 1 GiB in all (the protocol's and the server's own).
public final class PostgresParameters {
    // Unchecked: every access is instantaneous, and a check per element would cost as much as the element.
    @exclusivity(unchecked) @usableFromInline var base: UnsafeMutableRawPointer
    @exclusivity(unchecked) @usableFromInline var capacity: Int
    /// Bytes written so far, always at most the capacity.
    @exclusivity(unchecked) @usableFromInline var used = 0
    /// Position of the open array in the buffer; -1 when none is open.
    @exclusivity(unchecked) @usableFromInline var arrayStart = -1
    @exclusivity(unchecked) @usableFromInline var elementCount: Int32 = 0
    @exclusivity(unchecked) @usableFromInline var hasNullElement = false
    @exclusivity(unchecked) @usableFromInline var elementType = PostgresType.text

    private(set) var types: [UInt32] = []
    private(set) var lengths: [Int32] = []
    /// Position in the buffer; -1 for null.
    private var positions: [Int] = []
    private var values: [UnsafePointer<CChar>?] = []
    private var formats: [Int32] = []

    /// - Parameter capacity: bytes to reserve; the buffer grows by doubling.
    public init(capacity: Int = 256) {
        self.capacity = max(64, capacity)
        base = .allocate(byteCount: self.capacity, alignment: 8)
    }

    deinit { base.deallocate() }

    /// Bytes of all parameters together.
    public var byteCount: Int { used }

    /// The number of parameters.
    public var count: Int { types.count }

    /// Forgets the parameters and keeps the memory.
    public func removeAll() {
        precondition(arrayStart < 0, "an array of parameters is open")
        used = 0
        types.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }

    // MARK: Single values

    /// A boolean.
    public func append(bool value: Bool) {
        single(.bool) { write(value ? UInt8(1) : 0) }
    }

    /// An int2.
    public func append(int16 value: Int16) {
        single(.int2) { write(value) }
    }

    /// An int4.
    public func append(int32 value: Int32) {
        single(.int4) { write(value) }
    }

    /// An int8.
    public func append(int64 value: Int64) {
        single(.int8) { write(value) }
    }

    /// A float8.
    public func append(double value: Double) {
        single(.float8) { write(value.bitPattern) }
    }

    /// A timestamptz.
    /// - Parameter timestampMs: milliseconds since 1970-01-01T00:00:00Z; the server refuses (22008) what it cannot
    ///   hold.
    public func append(timestampMs value: Int64) {
        single(.timestamptz) { write(TimestampCoding.microseconds(fromMs: value)) }
    }

    /// A text. The server refuses (22021) a NUL character.
    public func append(text value: String) {
        var value = value
        value.withUTF8 { append(text: UnsafeRawBufferPointer($0)) }
    }

    /// A text given as UTF-8. The server refuses (22021) what is not UTF-8.
    public func append(text value: UnsafeRawBufferPointer) {
        single(.text) { write(value) }
    }

    /// A bytea.
    public func append(bytes value: UnsafeRawBufferPointer) {
        single(.bytea) { write(value) }
    }

    /// SQL's null, of the given type.
    public func appendNull(_ type: PostgresType) {
        addParameter(type.rawValue, position: -1, length: 0)
    }

    private func single(_ type: PostgresType, _ write: () -> Void) {
        precondition(arrayStart < 0, "an array of parameters is open")
        let start = used
        write()
        addParameter(type.rawValue, position: start, length: used - start)
    }

    func addParameter(_ type: UInt32, position: Int, length: Int) {
        precondition(types.count < 65_535, "more than 65,535 parameters")
        types.append(type)
        positions.append(position)
        lengths.append(Int32(length))
        formats.append(1)
    }

    // MARK: The buffer

    /// Appends an integer in network byte order.
    @inlinable
    func write<Value: FixedWidthInteger>(_ value: Value) {
        let size = MemoryLayout<Value>.size
        if capacity - used < size { grow(by: size) }
        base.storeBytes(of: value.bigEndian, toByteOffset: used, as: Value.self)
        used += size
    }

    @inlinable
    func write(_ bytes: UnsafeRawBufferPointer) {
        if capacity - used < bytes.count { grow(by: bytes.count) }
        if let source = bytes.baseAddress { (base + used).copyMemory(from: source, byteCount: bytes.count) }
        used += bytes.count
    }

    @usableFromInline
    func grow(by size: Int) {
        let larger = max(capacity * 2, used + size)
        let copy = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 8)
        copy.copyMemory(from: base, byteCount: used)
        base.deallocate()
        base = copy
        capacity = larger
    }

    func overwrite(_ value: Int32, at position: Int) {
        base.storeBytes(of: value.bigEndian, toByteOffset: position, as: Int32.self)
    }

    func truncate(to position: Int) {
        used = position
    }

    /// Lends what libpq wants: types, pointers, lengths, formats; only for the length of `body`.
    func withArguments<Result>(
        _ body: (
            _ count: Int32, _ types: UnsafePointer<UInt32>?, _ values: UnsafePointer<UnsafePointer<CChar>?>?,
            _ lengths: UnsafePointer<Int32>?, _ formats: UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        precondition(arrayStart < 0, "an array of parameters is open")
        values.removeAll(keepingCapacity: true)
        for position in positions {
            values.append(position < 0 ? nil : UnsafePointer((base + position).assumingMemoryBound(to: CChar.self)))
        }
        return body(Int32(types.count), types, values, lengths, formats)
    }
}
