import Foundation
import NIOCore
import Randomness
import Testing

@testable import ReadAPI

@Suite("the body of a lookup")
struct LookupBodyTests {
    private func players(_ text: String) throws -> [String] { try LookupBody.players(in: ByteBuffer(string: text)) }

    @Test(
        "JSON with other members, spaces and escapes is read",
        arguments: [
            (#"{"players":["ana","b"]}"#, ["ana", "b"]), (#"{"players":[]}"#, []),
            (" {\n\"x\" : {\"a\":[1,-2.5e3,{}],\"b\":true} ,\"players\"\t: [ \"ana\" ] }\r\n", ["ana"]),
            (#"{"players":["a"],"y":null}"#, ["a"]), (#"{"pl\u0061yers":["\/\"\\"]}"#, [#"/"\"#]),
        ])
    func sound(text: String, expected: [String]) throws { #expect(try players(text) == expected) }

    @Test(
        "what is no such JSON is refused with what is wrong",
        arguments: [
            "", " ", "x", "[]", "{}", "{\"players\"}", "{\"players\":1}", "{\"players\":[1]}", "{\"players\":[\"a\"]",
            "{\"players\":[\"a\",]}", "{\"players\":[\"a\"],}", "{\"players\":[\"a\"]}x", "{\"players\":[\"a\" \"b\"]}",
            "{\"players\":[\"a]}", "{\"players\":[\"a\"],\"players\":[]}", "{\"x\":01,\"players\":[]}",
            "{\"x\":tru,\"players\":[]}", "{\"players\":[\"\\x\"]}", "{\"players\":[\"\\u12\"]}",
            "{\"players\":[\"\n\"]}",
            "{\"x\":" + String(repeating: "[", count: 5_000),
        ])
    func faulty(text: String) {
        let problem = #expect(throws: Problem.self) { try players(text) }
        #expect(problem?.slug == .invalidBody)
    }

    @Test("of mutated bodies none traps, and what is read is what a JSON parser reads")
    func mutated() throws {
        var random = SplitMix64(seed: 11)
        let seeds = [
            #"{"players":["ana","b-1","c@d"],"x":{"y":[1,2.5,-3e4,null,true,"z"]}}"#,
            #"{"a":"b","players":["\u0041n"]}"#,
        ].map { Array($0.utf8) }
        let bytes = Array("{}[]\",:\\u0012ab tfn-.eE+".utf8) + [0, 0xC3, 0xFF]
        var readable = 0
        for _ in 0..<30_000 {
            var text = random.pick(seeds)
            for _ in 0...random.below(3) {
                let place = random.below(text.count)
                switch random.below(3) {
                case 0: text[place] = random.pick(bytes)
                case 1: text.remove(at: place)
                default: text.insert(random.pick(bytes), at: place)
                }
            }
            guard let names = try? LookupBody.players(in: ByteBuffer(bytes: text)) else { continue }
            readable += 1
            let value = try? JSONSerialization.jsonObject(with: Data(text))
            // Foundation refuses numbers beyond those of a Double.
            if value == nil, text.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) { continue }
            let object = try #require(value as? [String: Any])
            let expected = try #require(object["players"] as? [String])
            // An escape that no id may hold is read as a space.
            if names.allSatisfy({ !$0.contains(" ") }) { #expect(names == expected) }
        }
        #expect(readable > 1_000)
    }
}
