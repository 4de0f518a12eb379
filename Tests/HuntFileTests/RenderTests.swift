import HuntCore
import HuntFile
import Randomness
import Testing

@Suite("Writing hunt files")
struct RenderTests {
    @Test("the contract's example is written in canonical form")
    func example() throws {
        let expected = """
            hunt: lisbon-2026
            title: "Lisbon AR festival"
            opens_at: 2026-06-12T09:00:00.000Z
            closes_at: 2026-06-14T21:00:00.000Z
            late_grace: 6h
            ranking: first_to_reach
            checkpoints:
              - {id: belem-tower, tag: 04A1B2C3D4E5F6, points: 50, title: "Torre de Belém", lat: 38.6916, \
            lon: -9.2160, zone: belem}
              - {id: the-vault, tag: 04FFEEDDCCBBAA, points: 100, requires: [belem-tower], \
            opens_at: 2026-06-13T00:00:00.000Z}
            trails:
              - {id: seven-hills, checkpoints: [belem-tower, the-vault], bonus: 200}

            """
        #expect(try HuntFile.render(HuntFile.parse(festival)) == expected)
    }

    @Test("what is written reads as the same definition, on thousands of random ones")
    func roundTrip() throws {
        var random = SplitMix64(seed: 11)
        for _ in 0..<3000 {
            let definition = RandomDefinition.make(&random)
            let text = HuntFile.render(definition)
            let read = try HuntFile.parse(text)
            #expect(read == definition, "\(text)")
            // Strings compare by meaning; an export must keep the very bytes.
            #expect(Array(HuntFile.render(read).utf8) == Array(text.utf8))
            if read != definition { return }
        }
    }

    @Test(
        "any title survives, byte for byte",
        arguments: [
            "", " ", " a ", "null", "~", "- a", "# a", "a # b", "a: b", "{", "\"", "'", "\\", "\\n", "%", "&a", "*a",
            "!a", "a\nb", "\n", "\r\n", "\t", "\u{1}\u{1F}\u{7F}\u{85}\u{9F}", "\u{2028}\u{2029}", "a\u{FEFF}",
            "\u{FFFE}\u{FFFF}", "\u{E000}", "\u{10FFFF}", "🏰", "e\u{301}", "é", "\u{202E}", "---", "...", "\u{A0}",
            String(repeating: "\u{10FFFF}", count: 50),
        ])
    func titles(title: String) throws {
        let checkpoint = HuntDefinition.Checkpoint(id: "a", tag: "00000001", points: 1, title: title)
        let definition = HuntDefinition(slug: "h", title: title, opensAt: 0, closesAt: 9, checkpoints: [checkpoint])
        let read = try HuntFile.parse(HuntFile.render(definition))
        #expect(read.title.map { Array($0.utf8) } == Array(title.utf8))
        #expect(read.checkpoints.first?.title.map { Array($0.utf8) } == Array(title.utf8))
    }
}

/// Definitions that obey the contract, with every optional part there and not there.
enum RandomDefinition {
    static func make(_ random: inout SplitMix64) -> HuntDefinition {
        let count = Int.random(in: 1...8, using: &random)
        let opensAt = Int64.random(in: 0...Timestamp.latest - 10_000_000, using: &random)
        let closesAt = opensAt + Int64.random(in: 1...10_000_000, using: &random)
        let ids = (0..<count).map { slug(&random) + "-\($0)" }
        let order = ids.shuffled(using: &random)
        var checkpoints: [HuntDefinition.Checkpoint] = []
        for (number, id) in ids.enumerated() {
            let before = order.prefix { $0 != id }
            let times = [time(in: opensAt..<closesAt, &random), time(in: opensAt..<closesAt, &random)].sorted()
            checkpoints.append(
                HuntDefinition.Checkpoint(
                    id: id, tag: tag(number, &random), points: Int64.random(in: 0...1_000_000, using: &random),
                    title: random.chance(50) ? title(&random) : nil, latitude: degrees(90, &random),
                    longitude: degrees(180, &random), zone: random.chance(50) ? slug(&random) : nil,
                    requires: before.filter { _ in random.chance(30) }.sorted(),
                    opensAt: random.chance(30) ? times[0] : nil, closesAt: random.chance(30) ? times[1] + 1 : nil))
        }
        let trails = (0..<(count > 1 ? Int.random(in: 0...3, using: &random) : 0)).map { number in
            HuntDefinition.Trail(
                id: slug(&random) + "-\(number)",
                checkpoints: Array(ids.shuffled(using: &random).prefix(Int.random(in: 2...count, using: &random))),
                bonus: Int64.random(in: 0...1_000_000, using: &random))
        }
        return HuntDefinition(
            slug: slug(&random), title: random.chance(50) ? title(&random) : nil, opensAt: opensAt, closesAt: closesAt,
            lateGrace: random.pick([0, 1, 59, 60, 90, 3600, 86_400, 100_000, 2_592_000]) * 1000,
            ranking: random.pick(HuntDefinition.Ranking.allCases), checkpoints: checkpoints, trails: trails)
    }

    private static func slug(_ random: inout SplitMix64) -> String {
        let length = Int.random(in: 1...20, using: &random)
        let rest = (1..<length).map { _ in random.pick(Array("az059-")) }
        return random.pick(["null", "true", "0x1f", "1e3", "2026-06-12", String([random.pick(Array("az09"))] + rest)])
    }

    private static func tag(_ number: Int, _ random: inout SplitMix64) -> String {
        let length = random.pick([8, 14, 20])
        let digits = (1..<length).map { _ in random.pick(Array("0123456789ABCDEF")) }
        return String(number) + String(digits)
    }

    private static func degrees(_ limit: Int, _ random: inout SplitMix64) -> String? {
        let whole = Int.random(in: -(limit - 1)...(limit - 1), using: &random)
        return random.pick([nil, "\(whole)", "\(whole).50", "-0.0", "\(limit).000"])
    }

    private static func time(in range: Range<Int64>, _ random: inout SplitMix64) -> Int64 {
        Int64.random(in: range, using: &random)
    }

    private static func title(_ random: inout SplitMix64) -> String {
        var title = ""
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let limit: UInt32 = random.pick([0x80, 0x80, 0x100, 0x3000, 0x110000])
            guard let scalar = Unicode.Scalar(UInt32.random(in: 1..<limit, using: &random)) else { continue }
            title.unicodeScalars.append(scalar)
        }
        return title
    }
}
