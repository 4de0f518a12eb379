/// One-dimensional arrays in Postgres' binary format (PostgreSQL source, `array_recv` in
/// `src/backend/utils/adt/arrayfuncs.c`): dimensions, flag for nulls, element type, length, lower bound, then each
/// element with its length in front.
extension PostgresParameters {
    private static let headerSize = 20
    private static let emptySize = 12

    /// Opens an array parameter: `appendElement` any number of times, none included, then `endArray`.
    /// - Parameter expecting: a hint how many elements will come; reserves memory for fixed-width ones.
    public func beginArray(_ type: PostgresType, expecting count: Int = 0) {
        precondition(arrayStart < 0, "an array of parameters is open")
        let likely = Self.headerSize + count * 12
        if capacity - used < likely { grow(by: likely) }
        arrayStart = used
        elementCount = 0
        hasNullElement = false
        elementType = type
        write(Int32(1))
        write(Int32(0))
        write(type.rawValue)
        write(Int32(0))
        write(Int32(1))
    }

    /// Closes the array with the true number of its elements.
    public func endArray() {
        let start = arrayStart
        precondition(start >= 0, "no array of parameters is open")
        if elementCount == 0 {
            overwrite(0, at: start)
            truncate(to: start + Self.emptySize)
        } else {
            overwrite(hasNullElement ? 1 : 0, at: start + 4)
            overwrite(elementCount, at: start + Self.emptySize)
        }
        arrayStart = -1
        addParameter(elementType.arrayID, position: start, length: used - start)
    }

    /// An element of an array of bool.
    @inlinable
    public func appendElement(bool value: Bool) {
        fixed(.bool, value ? UInt8(1) : 0)
    }

    /// An element of an array of int2.
    @inlinable
    public func appendElement(int16 value: Int16) {
        fixed(.int2, value)
    }

    /// An element of an array of int4.
    @inlinable
    public func appendElement(int32 value: Int32) {
        fixed(.int4, value)
    }

    /// An element of an array of int8.
    @inlinable
    public func appendElement(int64 value: Int64) {
        fixed(.int8, value)
    }

    /// An element of an array of float8.
    @inlinable
    public func appendElement(double value: Double) {
        fixed(.float8, value.bitPattern)
    }

    /// An element of an array of timestamptz.
    /// - Parameter timestampMs: milliseconds since 1970-01-01T00:00:00Z.
    @inlinable
    public func appendElement(timestampMs value: Int64) {
        fixed(.timestamptz, TimestampCoding.microseconds(fromMs: value))
    }

    /// An element of an array of text (UTF-8) or bytea.
    @inlinable
    public func appendElement(_ bytes: UnsafeRawBufferPointer) {
        assert(arrayStart >= 0 && (elementType == .text || elementType == .bytea), "not the array's type")
        write(Int32(bytes.count))
        write(bytes)
        elementCount += 1
    }

    /// An element of an array of text.
    public func appendElement(text value: String) {
        var value = value
        value.withUTF8 { appendElement(UnsafeRawBufferPointer($0)) }
    }

    /// A null element, of whatever type the array has.
    @inlinable
    public func appendNullElement() {
        assert(arrayStart >= 0, "no array of parameters is open")
        write(Int32(-1))
        hasNullElement = true
        elementCount += 1
    }

    @inlinable
    func fixed<Value: FixedWidthInteger>(_ type: PostgresType, _ value: Value) {
        assert(arrayStart >= 0 && elementType == type, "not the array's type")
        write(Int32(MemoryLayout<Value>.size))
        write(value)
        elementCount += 1
    }

    // MARK: Whole arrays

    /// A whole text[].
    @inlinable
    public func append(texts values: some Sequence<String>) {
        beginArray(.text, expecting: values.underestimatedCount)
        for value in values { appendElement(text: value) }
        endArray()
    }

    /// A whole int4[].
    @inlinable
    public func append(int32s values: some Sequence<Int32>) {
        beginArray(.int4, expecting: values.underestimatedCount)
        for value in values { appendElement(int32: value) }
        endArray()
    }

    /// A whole int8[].
    @inlinable
    public func append(int64s values: some Sequence<Int64>) {
        beginArray(.int8, expecting: values.underestimatedCount)
        for value in values { appendElement(int64: value) }
        endArray()
    }
}
