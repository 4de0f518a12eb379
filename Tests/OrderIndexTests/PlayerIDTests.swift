import Randomness
import Testing

@testable import OrderIndex

@Suite("player ids in place")
struct PlayerIDTests {
    private static func id(_ bytes: [UInt8]) -> PlayerID? { bytes.withUnsafeBytes { PlayerID($0) } }

    /// 1 ... 64 bytes of few values, zero and 255 among them, so that ids often begin one another.
    private static func bytes(using random: inout SplitMix64) -> [UInt8] {
        let length = random.pick([1, 2, 7, 8, 9, 31, 32, 33, 36, 37, 40, 63, 64])
        var bytes = [UInt8](repeating: 97, count: length)
        for _ in 0..<random.below(3) { bytes[random.below(length)] = random.pick([0, 96, 98, 255]) }
        return bytes
    }

    @Test("ids are ordered by bytes, are equal when all bytes are, and come back byte for byte")
    func order() {
        var random = SplitMix64(seed: 41)
        for _ in 0..<30_000 {
            let (left, right) = (Self.bytes(using: &random), Self.bytes(using: &random))
            let (leftID, rightID) = (Self.id(left)!, Self.id(right)!)
            #expect((leftID < rightID) == left.lexicographicallyPrecedes(right))
            #expect((leftID == rightID) == (left == right))
            #expect(left != right || leftID.hash(seed: 5) == rightID.hash(seed: 5))
            #expect(leftID.withBytes { Array($0) } == left)
        }
    }

    @Test("a record compares and gives back ids as they are, of every length")
    func records() {
        var random = SplitMix64(seed: 42)
        var records = PlayerRecords()
        var slots: [(slot: UInt32, id: PlayerID)] = []
        for length in 1...64 {
            let id = Self.id((0..<length).map { _ in UInt8.random(in: 0...255, using: &random) })!
            slots.append((records.add(id), id))
        }
        for _ in 0..<300 {
            let id = Self.id(Self.bytes(using: &random))!
            slots.append((records.add(id), id))
        }
        for one in slots {
            #expect(records.player(one.slot) == one.id)
            for other in slots {
                #expect(records.holds(other.id, at: one.slot) == (one.id == other.id))
                #expect(records.precedes(one.slot, other.id, orEqual: false) == (one.id < other.id))
                #expect(records.precedes(one.slot, other.id, orEqual: true) == (one.id <= other.id))
            }
        }
    }

    @Test("an id has 1 to 64 bytes")
    func bounds() {
        #expect(PlayerID("") == nil)
        #expect(PlayerID(String(repeating: "x", count: 65)) == nil)
        #expect(PlayerID(String(repeating: "x", count: 64))?.string == String(repeating: "x", count: 64))
        #expect(Self.id([]) == nil && Self.id(Array(repeating: 1, count: 65)) == nil)
    }
}
