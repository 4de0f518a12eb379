import Reactor
import Testing

@testable import PostgresClient

@Reactor
@Suite(.serialized) struct ParameterTests {
    @Test("single values of every type come back as they were sent")
    func singles() async throws {
        try await withConnection { connection in
            let parameters = PostgresParameters()
            parameters.append(bool: true)
            parameters.append(int16: .min)
            parameters.append(int32: .max)
            parameters.append(int64: .min)
            parameters.append(double: -0.1)
            parameters.append(text: "naïve 🗺️ \u{1}\t'\\\"")
            [0, 255, 10].withUnsafeBytes { parameters.append(bytes: $0) }
            parameters.append(timestampMs: 1_781_258_400_123)
            parameters.append(timestampMs: -62_135_596_800_001)
            parameters.append(text: "")
            parameters.appendNull(.int8)
            let rows = try await connection.query("select $1,$2,$3,$4,$5,$6,$7,$8,$9,$10 as empty,$11", parameters)
            #expect(rows.count == 1 && rows.columnCount == 11 && rows.columnNames[9] == "empty")
            #expect(rows.bool(0, 0))
            #expect(rows.int32(0, 1) == Int32(Int16.min))
            #expect(rows.int32(0, 2) == .max)
            #expect(rows.int64(0, 3) == .min)
            #expect(rows.double(0, 4) == -0.1)
            #expect(rows.text(0, 5) == "naïve 🗺️ \u{1}\t'\\\"")
            #expect(Array(rows.bytes(0, 6)) == [0, 255, 10].withUnsafeBytes { Array($0) })
            #expect(rows.timestampMs(0, 7) == 1_781_258_400_123)
            #expect(rows.timestampMs(0, 8) == -62_135_596_800_001)
            #expect(rows.text(0, 9) == "" && !rows.isNull(0, 9))
            #expect(rows.isNull(0, 10))
        }
    }

    @Test("a timestamp means the same moment to the server")
    func moments() async throws {
        try await withConnection { connection in
            let parameters = PostgresParameters()
            parameters.append(timestampMs: 1_781_258_400_123)
            let rows = try await connection.query(
                """
                select ($1 at time zone 'UTC')::text, timestamptz 'infinity', timestamptz '1969-12-31 23:59:59.9999Z'
                """, parameters)
            #expect(rows.text(0, 0) == "2026-06-12 10:00:00.123")
            #expect(rows.timestampMs(0, 1) == .max)
            #expect(rows.timestampMs(0, 2) == -1)
        }
    }

    @Test(
        "a moment that no timestamptz can hold is refused, not taken for infinity", arguments: [Int64.max, Int64.min])
    func impossibleMoments(ms: Int64) async throws {
        try await withConnection { connection in
            let parameters = PostgresParameters()
            parameters.append(timestampMs: ms)
            let error = try await failure { () throws(PostgresError) in
                _ = try await connection.query("select $1", parameters)
            }
            guard case .raised(let state, _, _, _) = error else { throw error }
            #expect(state == "22008" && state.isDataFault)
        }
    }

    @Test("arrays of every type come back element by element, nulls included")
    func arrays() async throws {
        try await withConnection { connection in
            let parameters = PostgresParameters(capacity: 1)
            parameters.beginArray(.bool)
            for value in [true, false] { parameters.appendElement(bool: value) }
            parameters.appendNullElement()
            parameters.endArray()
            parameters.beginArray(.int2)
            for value: Int16 in [.min, 0, .max] { parameters.appendElement(int16: value) }
            parameters.endArray()
            parameters.append(int32s: [Int32.min, 0, .max])
            parameters.append(int64s: [Int64.min, 0, .max])
            parameters.beginArray(.float8)
            for value in [0.5, -.infinity, .greatestFiniteMagnitude] { parameters.appendElement(double: value) }
            parameters.endArray()
            parameters.append(texts: ["", "NULL", "{\"a,b\"} 🗺️"])
            parameters.beginArray(.bytea)
            parameters.appendElement(UnsafeRawBufferPointer(start: nil, count: 0))
            withUnsafeBytes(of: UInt32(0)) { parameters.appendElement($0) }
            parameters.appendNullElement()
            parameters.endArray()
            parameters.beginArray(.timestamptz, expecting: 3)
            for value: Int64 in [0, 1_781_258_400_123, -1] { parameters.appendElement(timestampMs: value) }
            parameters.endArray()
            let rows = try await connection.query(
                "select * from unnest($1, $2, $3, $4, $5, $6, $7, $8) as t(a, b, c, d, e, f, g, h)", parameters)
            #expect(rows.count == 3 && rows.columnNames == ["a", "b", "c", "d", "e", "f", "g", "h"])
            #expect(rows.bool(0, 0) && !rows.bool(1, 0) && rows.isNull(2, 0))
            #expect((0..<3).map { rows.int64($0, 1) } == [Int64(Int16.min), 0, Int64(Int16.max)])
            #expect((0..<3).map { rows.int32($0, 2) } == [.min, 0, .max])
            #expect((0..<3).map { rows.int64($0, 3) } == [.min, 0, .max])
            #expect((0..<3).map { rows.double($0, 4) } == [0.5, -.infinity, .greatestFiniteMagnitude])
            #expect((0..<3).map { rows.text($0, 5) } == ["", "NULL", "{\"a,b\"} 🗺️"])
            #expect(rows.bytes(0, 6).isEmpty && Array(rows.bytes(1, 6)) == [0, 0, 0, 0] && rows.isNull(2, 6))
            #expect((0..<3).map { rows.timestampMs($0, 7) } == [0, 1_781_258_400_123, -1])
        }
    }

    @Test("an array without elements is an empty array, not null")
    func emptyArrays() async throws {
        try await withConnection { connection in
            let parameters = PostgresParameters()
            for type: PostgresType in [.bool, .bytea, .int2, .int4, .int8, .text, .float8, .timestamptz] {
                parameters.beginArray(type, expecting: 100)
                parameters.endArray()
            }
            let rows = try await connection.query(
                """
                select cardinality($1), cardinality($2), cardinality($3), cardinality($4), cardinality($5),
                    cardinality($6), cardinality($7), cardinality($8), (select count(*) from unnest($4))
                """, parameters)
            for column in 0..<9 { #expect(rows.int64(0, column) == 0) }
        }
    }

    @Test("emptied parameters are used again")
    func reuse() async throws {
        try await withConnection { connection in
            let parameters = PostgresParameters()
            for round in 0..<50 {
                parameters.removeAll()
                parameters.append(int64s: (0..<round).map { Int64($0) })
                parameters.append(text: String(repeating: "x", count: round * 100))
                let rows = try await connection.query("select cardinality($1), length($2)", parameters)
                #expect(rows.int64(0, 0) == round && rows.int64(0, 1) == round * 100)
            }
        }
    }

    @Test("a million elements arrive complete")
    func millionElements() async throws {
        try await withConnection { connection in
            let count = 1_000_000
            let parameters = PostgresParameters()
            parameters.beginArray(.int8, expecting: count)
            for value in 0..<count { parameters.appendElement(int64: Int64(value)) }
            parameters.endArray()
            parameters.beginArray(.text)
            for value in 0..<count { parameters.appendElement(text: "p\(value)") }
            parameters.endArray()
            let rows = try await connection.query(
                "select count(*), sum(a)::int8, count(*) filter (where b = 'p' || a) from unnest($1, $2) as t(a, b)",
                parameters)
            #expect(rows.int64(0, 0) == count)
            #expect(rows.int64(0, 1) == count * (count - 1) / 2)
            #expect(rows.int64(0, 2) == count)
        }
    }

    @Test("25 arrays of together 10 MB go out and come back in one call")
    func wideAndLong() async throws {
        try await withConnection { connection in
            let parameters = PostgresParameters()
            for column in 0..<25 {
                parameters.append(int64s: (0..<33_000).map { Int64($0 * column) })
            }
            #expect(parameters.byteCount > 9_900_000)
            let columns = (1...25).map { "$\($0)" }.joined(separator: ", ")
            let rows = try await connection.query("select * from unnest(\(columns))", parameters)
            #expect(rows.count == 33_000 && rows.columnCount == 25)
            #expect(rows.int64(32_999, 24) == 32_999 * 24)
        }
    }

    @Test("a NUL character and broken UTF-8 in a text are faults of the data")
    func unstorableText() async throws {
        try await withConnection { connection in
            for bytes: [UInt8] in [[0x61, 0], [0xFF], [0xED, 0xA0, 0x80]] {
                let parameters = PostgresParameters()
                bytes.withUnsafeBytes { parameters.append(text: $0) }
                let error = try await failure { () throws(PostgresError) in
                    _ = try await connection.query("select $1", parameters)
                }
                guard case .raised(let state, _, _, _) = error else { throw error }
                #expect(state == "22021" && state.isDataFault)
            }
            let parameters = PostgresParameters()
            parameters.append(texts: ["\u{10FFFF}", "e\u{301}", "\u{202E}", "\r\n"])
            let rows = try await connection.query("select unnest($1)", parameters)
            #expect((0..<4).map { rows.text($0, 0) } == ["\u{10FFFF}", "e\u{301}", "\u{202E}", "\r\n"])
        }
    }
}
