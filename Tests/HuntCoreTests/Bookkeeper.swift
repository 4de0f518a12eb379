import HuntCore

/// Keeps one player's facts and tally as a worker does: by index, sorted, with the short cuts wherever they are open.
struct Bookkeeper: ~Copyable {
    let rules: HuntRules
    private let indexes: [String: Int]
    private(set) var facts: [Fact] = []
    private(set) var tally = Tally.zero
    /// How often a short cut told the tally.
    private(set) var shortCuts = 0
    private var scratch = TallyScratch()

    init(rules: HuntRules) {
        self.rules = rules
        indexes = Self.indexes(of: rules)
    }

    static func indexes(of rules: HuntRules) -> [String: Int] {
        // What a tag is judged to be tells which index a checkpoint got.
        var indexes: [String: Int] = [:]
        for checkpoint in rules.definition.checkpoints {
            let opening = checkpoint.opensAt ?? rules.definition.opensAt
            let verdict = rules.judge(tag: uid(checkpoint.tag), scannedAt: opening, receivedAt: opening)
            if case .checkpoint(let index) = verdict { indexes[checkpoint.id] = index }
        }
        return indexes
    }

    mutating func record(_ scan: AcceptedScan) {
        guard let index = indexes[scan.checkpoint] else { return }
        let fact = Fact(checkpoint: index, at: scan.scannedAt)
        let place = facts.firstIndex { $0.checkpoint >= index } ?? facts.count
        if place == facts.count || facts[place].checkpoint != index {
            facts.insert(fact, at: place)
            settle(rules.tally(tally, addingFirst: fact))
        } else if fact < facts[place] {
            let old = facts[place]
            facts[place] = fact
            settle(rules.tally(tally, replacing: old, with: fact))
        }
    }

    private mutating func settle(_ shortCut: Tally?) {
        if let shortCut {
            shortCuts += 1
            tally = shortCut
        } else {
            tally = fullTally()
        }
    }

    mutating func fullTally() -> Tally {
        facts.withUnsafeBufferPointer { rules.tally($0, scratch: &scratch) }
    }
}

func uid(_ text: String) -> TagUID {
    var text = text
    return text.withUTF8 { TagUID(hex: UnsafeRawBufferPointer($0)) ?? .none }
}
