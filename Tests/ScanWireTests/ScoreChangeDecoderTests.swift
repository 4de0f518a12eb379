import Randomness
import Testing

@testable import ScanWire

@Suite("Records of the feed")
struct ScoreChangeDecoderTests {
    private let record = """
        {"hunt":"lisbon-2026","player":"ana@x+1","score":350,"unlocks":4,"reached_at":1781254800123,"version":9,\
        "committed_at":1781254800200,"source":{"partition":3,"offset":77}}
        """

    private func decode(_ text: String) throws(ScoreChangeDecoder.Fault) -> Read {
        let bytes = Array(text.utf8)
        let result: Result<Read, ScoreChangeDecoder.Fault> = bytes.withUnsafeBytes { bytes in
            do throws(ScoreChangeDecoder.Fault) {
                return .success(Read(try ScoreChangeDecoder.decode(bytes)))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private struct Read: Equatable {
        var hunt: String
        var player: String
        var numbers: [Int64]

        init(_ change: ScoreChange) {
            hunt = String(decoding: change.hunt, as: UTF8.self)
            player = String(decoding: change.player, as: UTF8.self)
            numbers = [
                change.score, Int64(change.unlocks), change.reachedAt, change.version, change.committedAt,
                Int64(change.partition), change.offset,
            ]
        }
    }

    @Test("a record as the contract has it is read whole")
    func reads() throws {
        let read = try decode(record)
        #expect(read.hunt == "lisbon-2026")
        #expect(read.player == "ana@x+1")
        #expect(read.numbers == [350, 4, 1_781_254_800_123, 9, 1_781_254_800_200, 3, 77])
    }

    @Test("a null reached_at, a source that no scan brought, white space, any order and new members are fine")
    func readsVariants() throws {
        let read = try decode(
            """
            { "source" : { "offset" : -1 , "partition" : -1, "topic": "scans" }, "new": [1, {"a": "}"}],
              "committed_at":5,"version":1,"reached_at":null,"unlocks":0,"score":0,"player":"p","hunt":"h" }
            """)
        #expect(read.numbers == [0, 0, -1, 1, 5, -1, -1])
    }

    @Test("what is missing, of another type or damaged is a fault")
    func refuses() {
        for part in [
            "hunt", "player", "score", "unlocks", "reached_at", "version", "committed_at", "partition", "offset",
        ] {
            #expect(throws: ScoreChangeDecoder.Fault.self) {
                try decode(record.replacing("\"\(part)\"", with: "\"x\""))
            }
        }
        for damaged in [
            "", "{", "}", "{}", "[]", "null", record.replacing("350", with: "3.5"),
            record.replacing("350", with: "\"3\""),
            record.replacing(":9,", with: ":0,"), record.replacing("ana", with: "\\u0061"),
            record.replacing("350", with: "1234567890123456789"), String(record.dropLast()), record + "x", record + "}",
        ] {
            #expect(throws: ScoreChangeDecoder.Fault.self, "\(damaged)") { try decode(damaged) }
        }
    }

    @Test("damaged bytes are a fault or a change, never a crash", arguments: 0..<20)
    func survives(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        for _ in 0..<2_000 {
            var bytes = Array(record.utf8)
            for _ in 0...random.below(4) {
                switch random.below(3) {
                case 0: bytes[random.below(bytes.count)] = UInt8(random.below(256))
                case 1: bytes.remove(at: random.below(bytes.count))
                default: bytes.insert(random.pick(Array("{}\",:0\\[]".utf8)), at: random.below(bytes.count))
                }
            }
            bytes.withUnsafeBytes { _ = try? ScoreChangeDecoder.decode($0) }
        }
    }

    @Test("a key names hunt and player")
    func keys() {
        func names(_ key: String) -> [String]? {
            Array(key.utf8).withUnsafeBytes { bytes in
                ScoreChangeDecoder.names(ofKey: bytes).map {
                    [String(decoding: $0.hunt, as: UTF8.self), String(decoding: $0.player, as: UTF8.self)]
                }
            }
        }
        #expect(names("lisbon/ana") == ["lisbon", "ana"])
        for damaged in ["", "/", "lisbon", "lisbon/", "/ana"] { #expect(names(damaged) == nil) }
    }
}
