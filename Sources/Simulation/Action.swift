/// One thing that happens to a world from outside. Everything is decided beforehand; who is meant is a number, taken
/// modulo those who are there, so that an action means something whatever else is left out of a history.
enum Action: Sendable, Equatable {
    /// A scan, before it is known when it is made.
    struct Draft: Sendable, Equatable {
        let player: Int
        let checkpoint: Int
        let event: Int
        let hunt: Int
        /// How long before now it was made, milliseconds.
        let agoMs: Int64
        let isPoisonous: Bool
        /// A number for the partition where a producer with another partitioner sends it.
        let elsewhere: UInt64?
    }

    enum Corruption: Sendable, CaseIterable {
        case garbage, noValue, foreignKey, future, tooEarly
    }

    case produce([Draft])
    case again(UInt64, elsewhere: UInt64?)
    case corrupt(Corruption, partition: UInt64)
    case pass(Int64)

    case crash(UInt64, noticedAfterMs: Int64, isReplaced: Bool, owners: UInt64)
    case join(owners: UInt64)
    case drain(UInt64, owners: UInt64)
    case rebalance(afterMs: Int64, owners: UInt64)
    case zombie(UInt64, owners: UInt64)
    case wake
    case jumpClock(UInt64, Int64)

    case ledgerAway(Int64)
    case flushCache
    case evict(Int)
    case cacheAway(Int64)

    case trim
    case trimBeyond(UInt64)
    case makeAnew(UInt64)
    case addPartition
    case operate

    case importHunt(Int, DefinitionChange)
    case close(Int)
    case delete(Int)
    case erase(Int, player: Int)
    case killUpkeep(UInt64)
    case resumeUpkeep
}
