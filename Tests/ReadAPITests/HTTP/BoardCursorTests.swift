import HuntCore
import Randomness
import Testing

@testable import ReadAPI

@Suite("cursors")
struct BoardCursorTests {
    private let hunt = BoardHunt(huntID: 9, definition: SampleBoards.definition(), rulesVersion: 4, erasures: 0)

    private func cursor(_ direction: BoardCursor.Direction, _ position: Placing) -> BoardCursor {
        BoardCursor(direction: direction, huntID: 9, rulesVersion: 4, position: position)
    }

    @Test("a cursor is read back as it was written, for any point and player")
    func backAndForth() throws {
        var random = SplitMix64(seed: 3)
        let letters = Array("abcXYZ019-_.:@+")
        for _ in 0..<2_000 {
            let player = String((0..<random.below(65)).map { _ in random.pick(letters) })
            let position = Placing(
                player: player, score: Int64.random(in: 0...(1 << 53), using: &random),
                reachedAt: random.chance(20) ? nil : Int64.random(in: 0...Timestamp.latest, using: &random))
            let cursor = cursor(random.chance(50) ? .after : .before, position)
            #expect(cursor.text.utf8.count <= BoardCursor.charactersMax)
            #expect(try BoardCursor.read(cursor.text[...], of: hunt) == cursor)
        }
    }

    @Test("whichever character is another, missing or too many, the cursor is damaged")
    func damage() {
        let text = cursor(.after, Placing(player: "player-007", score: 350, reachedAt: 1_781_254_800_000)).text
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/% é"
        var others: [String] = ["", "A", String(repeating: "A", count: 500), text + "A", text + "=", text + text]
        for place in text.indices {
            others.append(text.replacingCharacters(in: place...place, with: ""))
            for character in alphabet where character != text[place] {
                others.append(text.replacingCharacters(in: place...place, with: String(character)))
            }
        }
        for other in others {
            #expect(throws: BoardCursor.Fault.damaged, "\(other)") { try BoardCursor.read(other[...], of: hunt) }
        }
    }

    @Test("a cursor of another hunt or of other rules is told from a damaged one")
    func others() {
        let text = cursor(.before, Placing(player: "a", score: 1, reachedAt: 1)).text
        let otherHunt = BoardHunt(huntID: 8, definition: hunt.definition, rulesVersion: 4, erasures: 0)
        let otherRules = BoardHunt(huntID: 9, definition: hunt.definition, rulesVersion: 5, erasures: 0)
        #expect(throws: BoardCursor.Fault.otherHunt) { try BoardCursor.read(text[...], of: otherHunt) }
        #expect(throws: BoardCursor.Fault.otherRules) { try BoardCursor.read(text[...], of: otherRules) }
    }

    @Test("base64url is read back, and a text that encode does not make is none")
    func base64() {
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
        #expect(Base64URL.encode([]) == "")
        for text in ["A", "AB", "-_9", "AAA=", "AA A", "AAAAA"] {
            #expect(Base64URL.decode(text.utf8) == nil, "\(text)")
        }
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            #expect(Base64URL.decode(Base64URL.encode(bytes).utf8) == bytes)
        }
    }
}
