import FlowCore

/// Draws actions: mostly scans and time, some faults, few changes by operators.
struct ActionMaker {
    var random: SplitMix64
    let players: Int
    /// Whether definitions change while scans flow.
    let isChanging: Bool
    /// Whether the log loses scans that nobody has read yet.
    let isLosing: Bool
    private var events = 0

    init(random: SplitMix64, players: Int, isChanging: Bool, isLosing: Bool) {
        self.random = random
        self.players = players
        self.isChanging = isChanging
        self.isLosing = isLosing
    }

    mutating func step() -> History.Step {
        let action = action()
        return History.Step(salt: random.next(), action: action)
    }

    private mutating func action() -> Action {
        switch Int.random(in: 0..<200, using: &random) {
        case 0..<88: .produce((0..<Int.random(in: 1...4, using: &random)).map { _ in draft() })
        case 88..<94:
            .corrupt(Action.Corruption.allCases.randomElement(using: &random) ?? .garbage, partition: number())
        case 94..<102: .again(number(), elsewhere: Bool.random(using: &random) ? nil : number())
        case 102..<154: .pass(ms(0...20))
        case 154..<158: .pass(ms(0...600))
        case 158..<160: .pass(ms(0...9_000))
        case 160..<176: ofWorkers()
        case 176..<188: ofServers()
        default: ofOperators()
        }
    }

    private mutating func number() -> UInt64 { random.next() }

    private mutating func ms(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &random) }

    private mutating func draft() -> Action.Draft {
        events += 1
        return Action.Draft(
            player: Int.random(in: 0..<players, using: &random), checkpoint: Int.random(in: 1...8, using: &random),
            event: events, hunt: Int.random(in: 0..<5, using: &random) == 0 ? 1 : 0, agoMs: ms(0...60_000),
            isPoisonous: Int.random(in: 0..<40, using: &random) == 0,
            elsewhere: Int.random(in: 0..<7, using: &random) == 0 ? number() : nil)
    }

    private mutating func ofWorkers() -> Action {
        switch Int.random(in: 0..<16, using: &random) {
        case 0..<5:
            .crash(
                number(), noticedAfterMs: Bool.random(using: &random) ? ms(0...50) : ms(0...3_000),
                isReplaced: Bool.random(using: &random), owners: number())
        case 5..<9: .rebalance(afterMs: ms(0...60), owners: number())
        case 9..<11: .zombie(number(), owners: number())
        case 11..<13: .wake
        case 13: .join(owners: number())
        case 14: .drain(number(), owners: number())
        default: .jumpClock(number(), ms(-7_200_000...7_200_000))
        }
    }

    private mutating func ofServers() -> Action {
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<2: .ledgerAway(Bool.random(using: &random) ? ms(1...100) : ms(100...8_000))
        case 2: .flushCache
        case 3..<6: .evict(Int.random(in: 1...4, using: &random))
        case 6..<9: .cacheAway(ms(1...12_000))
        default: .trim
        }
    }

    private mutating func ofOperators() -> Action {
        let kind = Int.random(in: 0..<24, using: &random)
        switch kind {
        case 0: return .addPartition
        case 1: return isLosing ? .trimBeyond(number()) : .trim
        case 2: return isLosing ? .makeAnew(number()) : .trim
        case 3..<6: return isLosing ? .operate : .trim
        default: return isChanging ? ofDefinitions(kind) : .pass(ms(0...20))
        }
    }

    private mutating func ofDefinitions(_ kind: Int) -> Action {
        let hunt = Int.random(in: 0..<2, using: &random)
        return switch kind {
        case 6..<14: .importHunt(hunt, definitionChange())
        case 14..<16: .erase(hunt, player: Int.random(in: 0..<players, using: &random))
        case 16: .close(hunt)
        case 17: .delete(hunt)
        case 18..<21: .killUpkeep(number())
        default: .resumeUpkeep
        }
    }

    private mutating func definitionChange() -> DefinitionChange {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3: .addCheckpoint
        case 3: .points(checkpoint: Int.random(in: 0..<7, using: &random), ms(0...30))
        case 4: .toggleRequirement
        case 5: .toggleTrail
        case 6: .toggleRanking
        case 7: .reorder
        case 8: .widen(ms(0...60_000))
        default: .grace(ms(0...60) * 1_000)
        }
    }
}
