import HuntCore
import HuntFile
import Testing

/// The example of contracts.md section 2, shortened by its comments.
let festival = """
    hunt: lisbon-2026
    title: Lisbon AR festival
    opens_at: 2026-06-12T09:00:00Z        # half open
    closes_at: 2026-06-14T21:00:00Z
    late_grace: 6h
    ranking: first_to_reach
    checkpoints:
      - {id: belem-tower, tag: 04A1B2C3D4E5F6, points: 50, title: Torre de Belém, lat: 38.6916, lon: -9.2160,
         zone: belem}
      - {id: the-vault, tag: 04FFEEDDCCBBAA, points: 100, requires: [belem-tower], opens_at: 2026-06-13T00:00:00Z}
    trails:
      - {id: seven-hills, checkpoints: [belem-tower, the-vault], bonus: 200}
    """

@Suite("Reading hunt files")
struct ParseTests {
    @Test("the contract's example is read as it is meant")
    func example() throws {
        let expected = HuntDefinition(
            slug: "lisbon-2026", title: "Lisbon AR festival", opensAt: 1_781_254_800_000, closesAt: 1_781_470_800_000,
            lateGrace: 21_600_000, ranking: .firstToReach,
            checkpoints: [
                HuntDefinition.Checkpoint(
                    id: "belem-tower", tag: "04A1B2C3D4E5F6", points: 50, title: "Torre de Belém", latitude: "38.6916",
                    longitude: "-9.2160", zone: "belem"),
                HuntDefinition.Checkpoint(
                    id: "the-vault", tag: "04FFEEDDCCBBAA", points: 100, requires: ["belem-tower"],
                    opensAt: 1_781_308_800_000),
            ],
            trails: [HuntDefinition.Trail(id: "seven-hills", checkpoints: ["belem-tower", "the-vault"], bonus: 200)])
        #expect(try HuntFile.parse(festival) == expected)
        let windows = festival.replacing("\n", with: "\r\n")
        #expect(try HuntFile.parse("\u{FEFF}" + windows) == expected)
    }

    @Test("a minimal file gets the defaults")
    func defaults() throws {
        let hunt = try HuntFile.parse(
            "{hunt: h, opens_at: 0, closes_at: 1000, checkpoints: [{id: a, tag: 00000001, points: 0}]}")
        #expect(hunt.title == nil)
        #expect(hunt.lateGrace == 0)
        #expect(hunt.ranking == .firstToReach)
        #expect(hunt.trails.isEmpty)
        #expect(hunt.checkpoints[0].opensAt == nil && hunt.checkpoints[0].closesAt == nil)
    }

    @Test("every scalar is its text, whatever YAML would make of it")
    func scalarsAreText() throws {
        let hunt = try HuntFile.parse(
            """
            hunt: 2026-06-12
            title: 1e3
            opens_at: "0"
            closes_at: 1970-01-01T00:00:01.5+00:00
            checkpoints:
              - {id: null, tag: 00000010, points: 010, title: ~, lat: 0.0, lon: "-0", zone: true}
              - {id: 0x1f, tag: 12345678901234567890, points: '7', requires: [null], title: }
              - id: 10e-5
                tag: !!str 04a1b2c3
                points: 1
                title: |
                  two
                  lines
            """)
        #expect(hunt.slug == "2026-06-12")
        #expect(hunt.title == "1e3")
        #expect(hunt.closesAt == 1500)
        #expect(hunt.checkpoints.map(\.id) == ["null", "0x1f", "10e-5"])
        #expect(hunt.checkpoints.map(\.tag) == ["00000010", "12345678901234567890", "04A1B2C3"])
        #expect(hunt.checkpoints.map(\.points) == [10, 7, 1])
        #expect(hunt.checkpoints.map(\.title) == ["~", "", "two\nlines"])
        #expect(hunt.checkpoints[0].latitude == "0.0" && hunt.checkpoints[0].longitude == "-0")
        #expect(hunt.checkpoints[0].zone == "true" && hunt.checkpoints[1].requires == ["null"])
    }

    @Test("lists may be aliases of one that was given before")
    func aliases() throws {
        let hunt = try HuntFile.parse(
            """
            hunt: h
            opens_at: 0
            closes_at: 1000
            checkpoints:
              - {id: a, tag: 00000001, points: 1}
              - {id: b, tag: 00000002, points: 1, requires: &base [a]}
              - {id: c, tag: 00000003, points: 1, requires: *base}
            """)
        #expect(hunt.checkpoints.map(\.requires) == [[], ["a"], ["a"]])
    }

    @Test("names in requires are sorted and given once")
    func requiresSorted() throws {
        let hunt = try HuntFile.parse(
            """
            hunt: h
            opens_at: 0
            closes_at: 1000
            checkpoints:
              - {id: c, tag: 00000001, points: 1, requires: [b, a, b]}
              - {id: b, tag: 00000002, points: 1}
              - {id: a, tag: 00000003, points: 1}
            """)
        #expect(hunt.checkpoints[0].requires == ["a", "b"])
    }

    @Test(
        "a value at the end of its range is taken",
        arguments: [
            ("late_grace: 30d", ""), ("late_grace: 720h", ""), ("late_grace: 0s", ""), ("late_grace: 2592000s", ""),
            ("ranking: shared", ""), ("title: ''", ""), ("title: \"\\x01\"", ""), ("trails: []", ""),
            ("title: " + String(repeating: "é", count: 100), ""), ("", "points: 1000000"), ("", "lat: -90.000"),
            ("", "lat: 89.999999"), ("", "lon: 180"), ("", "zone: " + String(repeating: "z", count: 63)),
            ("", "opens_at: 0"), ("", "closes_at: 1970-01-01T00:16:40Z"), ("", "requires: []"),
            ("", "opens_at: 1970-01-01t00:00:00.123z"), ("", "opens_at: 1970-01-01T01:00:00+01:00"),
        ])
    func edges(hunt: String, checkpoint: String) {
        let points = checkpoint.hasPrefix("points") ? "" : ", points: 1"
        let extra = checkpoint.isEmpty ? "" : ", " + checkpoint
        let text = """
            hunt: h
            opens_at: 0
            closes_at: 1000000
            \(hunt)
            checkpoints:
              - {id: a, tag: 00000001\(points)\(extra)}
            """
        #expect(throws: Never.self) { try HuntFile.parse(text) }
    }

    @Test("10,000 checkpoints are read, 10,001 are not")
    func manyCheckpoints() throws {
        let head = "hunt: h\nopens_at: 0\ncloses_at: 1000\ncheckpoints:\n"
        let lines = (0...10_000).map { "- {id: c\($0), tag: \(10_000_000 + $0), points: 1}\n" }
        #expect(try HuntFile.parse(head + lines.dropLast().joined()).checkpoints.count == 10_000)
        #expect(throws: HuntFileFaults.self) { try HuntFile.parse(head + lines.joined()) }
    }

    @Test("a checkpoint whose window is empty at the hunt's end never opens, as after closing a hunt early")
    func neverOpens() throws {
        let text = """
            hunt: h
            opens_at: 0
            closes_at: 1000000
            checkpoints:
              - {id: a, tag: 00000001, points: 1}
              - {id: b, tag: 00000002, points: 1, opens_at: 1000000}
            """
        let definition = try HuntFile.parse(text)
        #expect(definition.checkpoints[1].window(in: definition).isEmpty)
        #expect(try HuntFile.parse(HuntFile.render(definition)) == definition)
    }
}
