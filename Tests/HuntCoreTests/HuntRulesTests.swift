import HuntCore
import Randomness
import Testing

@Suite("Rules of a hunt")
struct HuntRulesTests {
    @Test("all that a checkpoint requires has a smaller index")
    func topologicalOrder() throws {
        var random = SplitMix64(seed: 5)
        for _ in 0..<1000 {
            let definition = RandomHunt.make(&random)
            let rules = RandomHunt.rules(of: definition, &random)
            let indexes = Bookkeeper.indexes(of: rules)
            for checkpoint in definition.checkpoints {
                let own = try #require(indexes[checkpoint.id])
                #expect(checkpoint.requires.allSatisfy { indexes[$0].map { $0 < own } ?? false })
                #expect(rules.points(at: own) == checkpoint.points)
            }
        }
    }

    @Test("a hunt without requirements keeps the order of its file, and ids lead to indexes and back")
    func indexesAndIDs() {
        let checkpoints = (0..<50).map {
            HuntDefinition.Checkpoint(id: "c\($0)", tag: String(10_000_000 + $0), points: Int64($0))
        }
        let definition = HuntDefinition(slug: "h", opensAt: 0, closesAt: 10, checkpoints: checkpoints)
        let ids = (0..<50).map { Int32(1000 - $0 * 7) }
        let rules = HuntRules(huntID: 1, rulesVersion: 1, definition: definition, checkpointIDs: ids)
        for index in 0..<50 {
            #expect(rules.checkpointID(at: index) == ids[index])
            #expect(rules.index(ofCheckpointID: ids[index]) == index)
            #expect(rules.points(at: index) == Int64(index))
        }
        for id: Int32 in [0, 656, 658, 999, 1001, .min, .max] { #expect(rules.index(ofCheckpointID: id) == nil) }
    }

    @Test("a chain of 10,000 requirements that is written backwards counts from its root")
    func longChain() {
        let count = 10_000
        let checkpoints = (0..<count).map { number in
            HuntDefinition.Checkpoint(
                id: "c\(number)", tag: String(10_000_000 + number), points: 1,
                requires: number + 1 < count ? ["c\(number + 1)"] : [])
        }
        let definition = HuntDefinition(slug: "h", opensAt: 0, closesAt: 100_000, checkpoints: checkpoints)
        let rules = HuntRules(
            huntID: 1, rulesVersion: 1, definition: definition, checkpointIDs: (0..<count).map(Int32.init))
        #expect(rules.checkpointID(at: 0) == 9999)
        let facts = (0..<count).map { Fact(checkpoint: $0, at: Int64(count - $0)) }
        var scratch = TallyScratch()
        let all = facts.withUnsafeBufferPointer { rules.tally($0, scratch: &scratch) }
        #expect(all == Tally(score: 10_000, unlocks: 10_000, reachedAt: 10_000))
        let rootless = facts.dropFirst().withUnsafeBufferPointer { rules.tally($0, scratch: &scratch) }
        #expect(rootless == .zero)
    }

    @Test("rings of requirements are found and named in order, each position in one at most")
    func rings() {
        #expect(throws: RequirementRings(rings: [[0]])) { try requirementOrder([[0]]) }
        #expect(throws: RequirementRings(rings: [[1, 3, 2]])) { try requirementOrder([[1], [3], [1], [2]]) }
        #expect(throws: RequirementRings(rings: [[0, 1], [4, 3], [2]])) {
            try requirementOrder([[1, 4], [0], [2], [4], [3]])
        }
        #expect(throws: RequirementRings(rings: [[0, 1]])) { try requirementOrder([[1], [0, 2], [0]]) }
        #expect((try? requirementOrder([[2], [], [1], [0, 1]])) == [1, 2, 0, 3])
        #expect((try? requirementOrder([])) == [])
    }

    @Test("a book finds hunts by the bytes of the slug and by the database id, and nothing else")
    func book() {
        let slugs = [
            "a", "b", "lisbon-2026", "lisbon-2027", String(repeating: "x", count: 63), "12345678", "123456789",
        ]
        let hunts = slugs.enumerated().map { number, slug in
            HuntRules(
                huntID: Int32(number * 11), rulesVersion: 1,
                definition: HuntDefinition(
                    slug: slug, opensAt: 0, closesAt: 1,
                    checkpoints: [HuntDefinition.Checkpoint(id: "c", tag: "00000000", points: 1)]),
                checkpointIDs: [1])
        }
        let book = RuleBook(generation: 5, hunts: hunts)
        #expect(book.generation == 5)
        #expect(book.hunts.map(\.slug) == hunts.map(\.slug))
        for (number, slug) in slugs.enumerated() {
            #expect(find(slug, in: book) === hunts[number])
            #expect(book.hunt(id: Int32(number * 11)) === hunts[number])
        }
        for slug in ["", "c", "lisbon-202", "lisbon-20266", "LISBON-2026", "1234567", "a\0"] {
            #expect(find(slug, in: book) == nil)
        }
        #expect(book.hunt(id: 1) == nil)
        #expect(find("a", in: RuleBook(generation: 0, hunts: [])) == nil)
    }

    private func find(_ slug: String, in book: RuleBook) -> HuntRules? {
        Array(slug.utf8).withUnsafeBytes { book.hunt(slug: $0) }
    }

    @Test("a fact keeps its checkpoint and its time at both ends of their ranges, and sorts by checkpoint, then time")
    func factBits() {
        for checkpoint in [0, 1, 9999, 65_535] {
            for at: Int64 in [0, 1, Timestamp.latest, 1 << 48 - 1] {
                let fact = Fact(checkpoint: checkpoint, at: at)
                #expect(fact.checkpoint == checkpoint)
                #expect(fact.at == at)
            }
        }
        #expect(Fact(checkpoint: 1, at: Timestamp.latest) < Fact(checkpoint: 2, at: 0))
        #expect(Fact(checkpoint: 1, at: 4) < Fact(checkpoint: 1, at: 5))
        #expect(MemoryLayout<Fact>.size == 8)
    }
}
