import HuntCore
import HuntFile
import Testing

func faults(of text: String) -> [HuntFileFaults.Fault] {
    do throws(HuntFileFaults) {
        _ = try HuntFile.parse(text)
        return []
    } catch {
        return error.faults
    }
}

/// A file whose lines 1 to 3 are right, with others after them; line 4 is `checkpoints:` unless a line says so itself.
private func file(_ lines: String...) -> String {
    (["hunt: h", "opens_at: 0", "closes_at: 1000000"] + lines).joined(separator: "\n")
}

private let checkpoints = "checkpoints: [{id: a, tag: 00000001, points: 1}, {id: b, tag: 00000002, points: 1}]"

@Suite("Faults of hunt files")
struct FaultTests {
    @Test(
        "one wrong value is one fault, on its line, that names the key",
        arguments: [
            ("late_grace: 6", "late_grace: \"6\""), ("late_grace: 31d", "30d"), ("late_grace: -1s", "late_grace"),
            ("late_grace: 6 h", "late_grace"), ("late_grace: h", "late_grace"), ("late_grace: 1w", "late_grace"),
            ("late_grace: 99999999999999999999s", "late_grace"), ("late_grace: [6h]", "single value"),
            ("ranking: fastest", "first_to_reach or shared"), ("ranking:", "ranking: \"\""),
            ("title: \"a\\0b\"", "title"), ("title: " + String(repeating: "é", count: 100) + "e", "200 bytes"),
            ("title: {a: b}", "single value"),
            ("title: \"\\uFEFF\\uFEFFa\"", "title"),
            ("colour: red", "\"colour\" is no key"), ("<<: {a: b}", "\"<<\""),
            ("? [a]\n: b", "plain word"), ("trails:", "trails is a list"), ("trails: {a: b}", "trails is a list"),
            ("trails: [a]", "trail is a mapping"), ("trails: [{id: t, checkpoints: [a], bonus: 1}]", "2 or more"),
            ("trails: [{id: t, checkpoints: [a, a], bonus: 1}]", "there twice"),
            ("trails: [{id: t, checkpoints: [a, z], bonus: 1}]", "\"z\" is no checkpoint"),
            ("trails: [{id: t, checkpoints: [a, [b]], bonus: 1}]", "this is no slug"),
            ("trails: [{id: t, checkpoints: [a, b], bonus: 1000001}]", "bonus"),
            ("trails: [{id: t, checkpoints: [a, b]}]", "bonus is missing"),
            ("trails: [{id: t, bonus: 1}]", "checkpoints is missing"),
            ("trails: [{checkpoints: [a, b], bonus: 1}]", "id is missing"),
            ("trails: [{id: t, checkpoints: [a, b], bonus: 1, x: 1}]", "\"x\" is no key"),
            ("hunt: g", "\"hunt\" is there twice, first on line 1"),
        ])
    func inTheHunt(line: String, fragment: String) {
        let found = faults(of: file(checkpoints, line))
        // A trail with one checkpoint because the other cannot be read is a second fault.
        #expect(found.allSatisfy { $0.line == 5 })
        #expect(found.contains { $0.message.contains(fragment) }, "\(found)")
    }

    @Test(
        "one wrong value of a checkpoint is one fault, on its line, that names checkpoint and key",
        arguments: [
            ("points: 5O", "points: \"5O\""), ("points: -1", "points"), ("points: +1", "points"),
            ("points: 1.0", "points"), ("points: 1000001", "1,000,000"), ("points: 1_0", "points"),
            ("points: \"\"", "points"), ("points: 99999999999999999999", "points"), ("points: ５", "points"),
            ("tag: 04A1B2C", "tag: \"04A1B2C\""), ("tag: 04:A1:B2:C3", "tag"), ("tag: 04A1B2CG", "tag"),
            ("tag: 04A1B2C3D4", "tag"), ("zone: Belém", "zone"), ("zone: ''", "zone"), ("zone: -a", "zone"),
            ("zone: " + String(repeating: "z", count: 64), "zone"), ("lat: 90.1", "-90 to 90"), ("lat: -91", "lat"),
            ("lat: 90.0000000000000001", "lat"), ("lat: 1e1", "lat"), ("lat: .5", "lat"), ("lat: 5.", "lat"),
            ("lat: nan", "lat"), ("lat: 38,69", "no key"), ("lon: 180.5", "-180 to 180"), ("lon: +9", "lon"),
            ("lon: '--9'", "lon"), ("lon: ''", "lon"), ("requires: b", "requires is a list"),
            ("requires: [z]", "\"z\" is no checkpoint"), ("requires: [B]", "\"B\" is no slug"),
            ("requires: [k]", "k -> k"), ("opens_at: 2026-06-12", "opens_at"), ("opens_at: 1.0001", "opens_at"),
            ("opens_at: 1970-01-01T00:00:00.0001Z", "milliseconds"), ("opens_at: 1970-01-01 00:00:00Z", "opens_at"),
            ("opens_at: 1970-02-30T00:00:00Z", "opens_at"), ("opens_at: 01", "opens_at"),
            ("opens_at: 253402300800000", "opens_at"), ("opens_at: -1", "opens_at"),
            ("opens_at: 1000001", "not after it opens"), ("closes_at: 0", "not after it opens"),
            ("closes_at: 1000001", "after the hunt closes, 1970-01-01T00:16:40.000Z"), ("id: Belem", "id: \"Belem\""),
            ("id: a_b", "id"), ("id: \"\"", "id"), ("id: a", "\"a\" is taken on line 5"),
            ("tag: 00000001", "\"00000001\" is taken on line 5"), ("level: 3", "\"level\" is no key"),
        ])
    func inACheckpoint(pair: String, fragment: String) {
        var pairs = ["id: k", "tag: 0000000A", "points: 1"]
        pairs.removeAll { $0.prefix { $0 != ":" } == pair.prefix { $0 != ":" } }
        let found = faults(
            of: file(
                "checkpoints:", "- {id: a, tag: 00000001, points: 1}", "- {id: b, tag: 00000002, points: 1}",
                "- {\((pairs + [pair]).joined(separator: ", "))}"))
        #expect(found.map(\.line).allSatisfy { $0 == 7 } && !found.isEmpty)
        #expect(found.contains { $0.message.contains(fragment) }, "\(found)")
        #expect(found.contains { $0.message.contains("k") })
        if fragment != "no key" { #expect(found.count == 1, "\(found)") }
    }

    @Test(
        "a missing key is a fault of its mapping",
        arguments: [
            ("opens_at: 0\ncloses_at: 9\n\(checkpoints)", 1, "hunt is missing"),
            ("hunt: h\ncloses_at: 9\n\(checkpoints)", 1, "opens_at is missing"),
            ("hunt: h\nopens_at: 0\n\(checkpoints)", 1, "closes_at is missing"),
            ("hunt: h\nopens_at: 0\ncloses_at: 9", 1, "checkpoints is missing"),
            (file("checkpoints: []"), 4, "1 to 10,000 of them, not 0"),
            (file("checkpoints:"), 4, "checkpoints is a list"), (file("checkpoints:", "- a"), 5, "is a mapping"),
            (file("checkpoints:", "- {tag: 00000001, points: 1}"), 5, "checkpoint: id is missing"),
            (file("checkpoints:", "- {id: a, points: 1}"), 5, "checkpoint \"a\": tag is missing"),
            (file("checkpoints:", "- {id: a, tag: 00000001}"), 5, "checkpoint \"a\": points is missing"),
            ("", 1, "empty"), ("# nothing\n", 1, "empty"), ("hunt", 1, "is a mapping"), ("- a", 1, "is a mapping"),
        ])
    func missing(text: String, line: Int, fragment: String) {
        let found = faults(of: text)
        #expect(found.map(\.line) == [line])
        #expect(found.first?.message.contains(fragment) == true, "\(found)")
    }

    @Test("all faults come at once, by line")
    func allAtOnce() {
        let found = faults(
            of: """
                hunt: Lisbon
                title: "a\\0"
                opens_at: yesterday
                closes_at: 2026-06-14T21:00:00Z
                late_grace: soon
                checkpoints:
                  - {id: a, tag: 04A1B2C3, points: 1, closes_at: 2026-06-15T00:00:00Z}
                  - id: a
                    tag: 04a1b2c3
                    points: ten
                    points: 10
                    requires: [nowhere]
                  - {id: c, tag: 04A1B2C4, points: 1, requires: [d]}
                  - {id: d, tag: 04A1B2C5, points: 1, requires: [c], color: red, "color": red}
                trails:
                  - {id: t, checkpoints: [a, c], bonus: 1}
                  - {id: t, checkpoints: [a], bonus: many}
                trails: []
                ---
                hunt: other
                """)
        #expect(found.map(\.line) == [1, 2, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 14, 17, 17, 17, 18, 20], "\(found)")
        let fragments = [
            "hunt:", "title:", "opens_at:", "late_grace:", "after the hunt closes", "\"a\" is taken on line 7",
            "\"04A1B2C3\" is taken on line 7", "points: \"ten\"", "\"points\" is there twice, first on line 10",
            "\"nowhere\"", "c -> d -> c", "\"color\" is", "\"color\" is", "2 or more", "bonus: \"many\"",
            "\"t\" is taken on line 16", "\"trails\" is there twice, first on line 15", "second document",
        ]
        for (fault, fragment) in zip(found, fragments) {
            #expect(fault.message.contains(fragment), "\(fault) lacks \(fragment)")
        }
    }

    @Test(
        "what is not YAML is one fault with its line",
        arguments: [
            ("hunt: h\nopens_at: [", 2...3), ("hunt: h\n\ttitle: x", 2...2), ("hunt: h\n title: x", 2...2),
            ("hunt: *nobody", 1...1), ("hunt: \"h", 1...2), ("hunt: h\ntitle: \u{1}", 2...2),
            ("hunt: h\r\n\r\ntitle: \u{7F}", 3...3), ("hunt: h\ntitle: \u{FFFF}", 2...2), ("a: b\n---\nc: [", 3...4),
            (String(repeating: "[", count: 100_000), 1...1), (String(repeating: "- ", count: 100_000), 1...1),
            ("hunt: h\n@", 2...2), ("a: \"\\ud800\"", 1...1), ("%YAML 9.9\n---\na: b", 1...2),
        ])
    func syntax(text: String, lines: ClosedRange<Int>) {
        let found = faults(of: text)
        #expect(found.count == 1)
        #expect(found.first.map { lines.contains($0.line) } == true, "\(found)")
    }

    @Test("a repeated key is found in every style of writing it, and others' faults are found with it")
    func repeatedKeys() {
        let styles = ["title", "'title'", "\"title\""]
        for (first, second) in styles.flatMap({ first in styles.map { (first, $0) } }) {
            let found = faults(of: file("\(first): x", "ranking: odd", "\(second): y", checkpoints))
            #expect(found.map(\.line) == [5, 6], "\(found)")
            #expect(found.last?.message == "the file: \"title\" is there twice, first on line 4; keep one")
        }
        let thrice = faults(of: file("title: x", "title: y", "title: z", checkpoints))
        #expect(thrice.map(\.line) == [5, 6])
        let odd = faults(of: file("&x title: x", "title: y", checkpoints))
        #expect(odd.map(\.line) == [4])
        let flow = faults(of: file("checkpoints: [{id: a, tag: 00000001, points: 1, id: b}]"))
        #expect(flow.map(\.message) == ["checkpoint: \"id\" is there twice, first on line 4; keep one"])
    }

    @Test("hundreds of repeated keys end in a fault too")
    func manyRepeats() {
        let lines = (0..<300).map { "- {id: c\($0), tag: \(10_000_000 + $0), points: 1, points: 2}" }
        #expect(!faults(of: file("checkpoints:", lines.joined(separator: "\n"))).isEmpty)
    }

    @Test("all separate rings of requirements are named, beginning with what is written first")
    func rings() {
        func checkpoint(_ number: Int, _ requires: String) -> String {
            "- {id: c\(number), tag: \(10_000_000 + number), points: 1, requires: [\(requires)]}"
        }
        let found = faults(
            of: file(
                "checkpoints:", checkpoint(0, "c1"), checkpoint(1, "c2"), checkpoint(2, "c0"), checkpoint(3, "c3"),
                checkpoint(4, "c0, c5"), checkpoint(5, "c4")))
        #expect(found.map(\.line) == [5, 8, 9])
        #expect(found[0].message.hasPrefix("requires: c0 -> c1 -> c2 -> c0 leads back"))
        #expect(found[1].message.hasPrefix("requires: c3 -> c3 leads back"))
        #expect(found[2].message.hasPrefix("requires: c4 -> c5 -> c4 leads back"))
    }

    @Test("(maxScore + 1) * span may be 2^53 and no more")
    func worth() {
        // 2^53 / 2^13 = 2^40
        func text(points: Int, bonus: Int, closesAt: Int64) -> String {
            """
            hunt: h
            opens_at: 0
            closes_at: \(closesAt)
            checkpoints: [{id: a, tag: 00000001, points: \(points)}, {id: b, tag: 00000002, points: 1}]
            trails: [{id: t, checkpoints: [a, b], bonus: \(bonus)}]
            """
        }
        #expect(faults(of: text(points: 8000, bonus: 190, closesAt: 1 << 40)).isEmpty)
        #expect(faults(of: text(points: 8000, bonus: 190, closesAt: 1 << 40 + 1)).map(\.line) == [3])
        #expect(faults(of: text(points: 8000, bonus: 191, closesAt: 1 << 40)).map(\.line) == [3])
        #expect(faults(of: text(points: 1_000_000, bonus: 1_000_000, closesAt: Timestamp.latest)).map(\.line) == [3])
    }

    @Test("a hunt that does not close after it opens is one fault")
    func hunt() {
        for closesAt in [5, 4] {
            let found = faults(of: "hunt: h\nopens_at: 5\ncloses_at: \(closesAt)\n\(checkpoints)")
            #expect(found.map(\.line) == [3])
        }
    }

    @Test("a message is one line of printable text, however hostile the file")
    func hostileText() {
        let text = file("\"k\\x1b[31m\\n\(String(repeating: "x", count: 1000))\": 1", "\"\\u202E\": 2", checkpoints)
        let found = faults(of: text)
        #expect(found.map(\.line) == [4, 5])
        for fault in found {
            #expect(fault.message.utf8.count < 300)
            #expect(fault.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F })
        }
    }

    @Test("a file over 16 MiB is not read")
    func tooLarge() {
        #expect(faults(of: String(repeating: "#", count: 16 << 20 + 1)).map(\.message.isEmpty) == [false])
    }
}
