import FlowCore
import Foundation
import Testing

@testable import cairn

@Suite("The recording format")
struct RecordingFormatTests {
    /// Any record that a topic may hold: null, empty and long keys and values, gaps, times of any order.
    private static func records(_ count: Int, seed: UInt64, valueMax: Int = 300) -> [RecordedRecord] {
        var random = SplitMix64(seed: seed)
        var offsets: [Int32: Int64] = [:]
        return (0..<count).map { _ in
            let partition = random.chance(perMille: 20) ? Int32.max : Int32(random.below(7))
            let offset =
                offsets[partition, default: 0] + (random.chance(perMille: 100) ? Int64(random.below(1 << 40)) : 0)
            offsets[partition] = offset + 1
            var record = RecordedRecord(partition: partition, offset: offset)
            switch random.below(10) {
            case 0: record.timestampMs = nil
            case 1: record.timestampMs = Int64(bitPattern: random.next())
            default: record.timestampMs = 1_781_254_800_000 + Int64(random.below(5_000))
            }
            record.isProtobuf = random.chance(perMille: 200)
            record.key = bytes(&random, max: 20)
            record.value = bytes(&random, max: valueMax)
            return record
        }
    }

    private static func bytes(_ random: inout SplitMix64, max: Int) -> [UInt8]? {
        if random.chance(perMille: 100) { return nil }
        return (0..<random.below(max)).map { _ in UInt8(random.below(256)) }
    }

    private static func encode(_ records: [RecordedRecord]) -> [UInt8] {
        var encoder = RecordingEncoder()
        var file = RecordingEncoder.header
        for record in records { file += encoder.append(record) ?? [] }
        return file + encoder.end()
    }

    /// The records read before the end or the error, and that error.
    private static func decode(_ file: [UInt8]) -> (records: [RecordedRecord], error: RecordingError?) {
        var place = 0
        var records: [RecordedRecord] = []
        do throws(RecordingError) {
            var decoder = try RecordingDecoder { count in
                let part = file[place..<min(file.count, place + count)]
                place += part.count
                return Array(part)
            }
            while let record = try decoder.next() { records.append(record) }
            return (records, nil)
        } catch {
            return (records, error)
        }
    }

    @Test("gives back what was written, over many blocks", arguments: UInt64(1)...20)
    func roundTrip(seed: UInt64) {
        let records = Self.records(Int(seed) * 200, seed: seed)
        let (read, error) = Self.decode(Self.encode(records))
        #expect(error == nil)
        #expect(read == records)
    }

    @Test("keeps offsets and times at the ends of their ranges, and a record larger than a block")
    func extremes() {
        let records = [
            RecordedRecord(partition: .max, offset: .max, timestampMs: .max, key: [], value: nil),
            RecordedRecord(partition: 0, offset: 0, timestampMs: .min, isProtobuf: true, key: nil, value: []),
            RecordedRecord(partition: .max, offset: 3, timestampMs: .max, key: nil, value: nil),
            RecordedRecord(
                partition: 1, offset: 9, timestampMs: 0, key: [1],
                value: Array(repeating: 7, count: 3 * RecordingFormat.blockLengthFull)),
        ]
        let (read, error) = Self.decode(Self.encode(records))
        #expect(error == nil)
        #expect(read == records)
        #expect(Self.decode(Self.encode([])).error == nil)
    }

    @Test("recognises every cut, and gives only whole records before it")
    func everyCut() {
        let records = Self.records(40, seed: 5, valueMax: 40)
        let file = Self.encode(records)
        for length in 0..<file.count {
            let (read, error) = Self.decode(Array(file[..<length]))
            #expect(read == Array(records.prefix(read.count)))
            if error == nil { Issue.record("cut to \(length) of \(file.count) bytes and not recognised") }
        }
    }

    @Test("recognises every single flipped bit, and gives only whole records before it")
    func everyFlip() {
        let records = Self.records(30, seed: 6, valueMax: 40)
        let file = Self.encode(records)
        for bit in 0..<file.count * 8 {
            var flipped = file
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            let (read, error) = Self.decode(flipped)
            #expect(read == Array(records.prefix(read.count)))
            if error == nil { Issue.record("bit \(bit) flipped and not recognised") }
        }
    }

    @Test("names the byte of the block that is cut or damaged and counts the whole records before")
    func faultsHavePlaces() throws {
        let records = Self.records(2_000, seed: 7)
        let file = Self.encode(records)
        let first = RecordingFormat.blockHeadLength + Int(file[10]) + Int(file[11]) << 8 + Int(file[12]) << 16
        let second = RecordingFormat.headerLength + first
        var damaged = file
        damaged[second + 50] ^= 4
        let (read, error) = Self.decode(damaged)
        #expect(error == .damaged(at: second, records: read.count))
        #expect(read.count > 100)
        #expect(Self.decode(Array(file[..<(second + 50)])).error == .cut(at: second, records: read.count))
        #expect(Self.decode(file + [0]).error?.description.contains("damaged") == true)
        #expect(Self.decode(Array("hunt: lisbon".utf8)).error == .notARecording)
        #expect(Self.decode(RecordingFormat.magic + [9]).error == .unknownVersion(9))
    }

    @Test("survives blocks that are no records although their checksum is right")
    func nonsenseInBlocks() {
        var random = SplitMix64(seed: 8)
        for _ in 0..<5_000 {
            let content = (0..<random.below(60)).map { _ in
                UInt8(random.chance(perMille: 500) ? 0xFF : random.below(16))
            }
            let file = RecordingFormat.header + RecordingFormat.block(.records, content)
            #expect(Self.decode(file).error != nil)
        }
    }

    @Test("takes few bytes beside keys and values")
    func isCompact() {
        let records = (0..<10_000).map { number in
            RecordedRecord(
                partition: Int32(number % 8), offset: Int64(number / 8), timestampMs: 1_781_254_800_000 + Int64(number),
                key: [1, 2, 3], value: [4, 5, 6])
        }
        #expect(Self.encode(records).count < 10_000 * (6 + 6) + 1_000)
    }

    @Test("checks by the usual CRC-32")
    func checksum() {
        var crc = CRC32()
        crc.update("1234".utf8)
        crc.update("56789".utf8)
        #expect(crc.value == 0xCBF4_3926)
    }

    @Test("a file is not overwritten unless told to, and reads as it was written")
    func files() throws {
        let path = NSTemporaryDirectory() + "recording-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let records = Self.records(3_000, seed: 9)
        for attempt in 0..<2 {
            let writer = try RecordingWriter(path, replaces: attempt > 0)
            for record in records.dropFirst(attempt) { try writer.append(record) }
            try writer.finish()
            let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
            #expect(size == writer.bytes)
            var decoder = try RecordingFile.open(path)
            for record in records.dropFirst(attempt) { #expect(try decoder.next() == record) }
            #expect(try decoder.next() == nil)
        }
        #expect { try RecordingWriter(path, replaces: false) } throws: { ($0 as? CommandFailure)?.exitCode == 3 }
        let survey = try RecordingFile.survey(path, speed: 1)
        #expect(survey.records == 2_999)
        #expect(survey.fault == nil)
        #expect(throws: RecordingError.self) { try RecordingFile.open(path + "-missing") }
    }
}
