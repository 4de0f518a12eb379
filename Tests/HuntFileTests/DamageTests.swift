import HuntFile
import Randomness
import Testing

@Suite("Damaged hunt files")
struct DamageTests {
    @Test("a damaged file is refused or read, never a crash, and what is read can be written and read again")
    func damagedFiles() throws {
        var random = SplitMix64(seed: 12)
        let pieces = [
            "\n", " ", "- ", ":", "'", "\"", "[", "]", "{", "}", "&a", "*a", "!!int ", "|", ">", "? ", "---\n", "\0",
        ]
        var accepted = 0
        for _ in 0..<3000 {
            var scalars = Array(festival.unicodeScalars)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<scalars.count, using: &random)
                let end = min(scalars.count, place + Int.random(in: 0...6, using: &random))
                switch Int.random(in: 0...3, using: &random) {
                case 0: scalars.removeSubrange(place..<end)
                case 1: scalars.insert(contentsOf: scalars[place..<end], at: Int.random(in: 0...place, using: &random))
                case 2: scalars.insert(contentsOf: random.pick(pieces).unicodeScalars, at: place)
                default: scalars[place] = random.pick(Array("a0-:#, \u{FEFF}".unicodeScalars))
                }
            }
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars)
            let found = faults(of: text)
            let lineCount = scalars.count { $0 == "\n" } + 1
            #expect(found.allSatisfy { (1...(lineCount + 1)).contains($0.line) })
            if found.isEmpty {
                accepted += 1
                let definition = try HuntFile.parse(text)
                #expect(try HuntFile.parse(HuntFile.render(definition)) == definition)
            }
        }
        #expect(accepted > 200)
    }
}
