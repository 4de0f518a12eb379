/// What a run of the simulation has met: every kind of fault, and every reaction of a worker that is worth a name. The
/// pinned seeds must reach each of them, or they show nothing about it.
public enum CoverageMark: String, CaseIterable, Sendable {
    // Workers and their group.
    case join, crash, crashAmidRebalance, zombie, zombieWakes
    case eagerRebalance, cooperativeRebalance, rebalanceOvertaken
    case drained, drainOutOfTime
    case clockForwards, clockBackwards

    // Scans and their log.
    case brokerSilent, logTrimmed, logTrimmedBeyondLease, topicMadeAnew, partitionsAdded
    case otherPartitioner, repeatedScan, reorderedScan, lateScan, futureScan, foreignKey, corruptScan, poisonousScan

    // The ledger.
    case readFailed, leaseReplyLost, flushUnavailable, flushConflict, flushLostBefore, flushLostAfter, flushStray
    case ledgerAway, backendDied
    case leaseRefused, playersRefused, definitionsRefused, dataRefused

    // The hot tier.
    case cacheAway, cacheFlushed, cacheEvicted, cacheCallLost, cacheReplyLost, cacheCallLate

    // The feed.
    case feedStalled, feedNotWritten, feedWrittenTwice, feedQueueFull

    // Definitions.
    case imported, importRefused, closed, erased, huntDeleted, huntMadeAnew
    case upkeepKilled, upkeepResumed, rescoreTakenOver, refusalAccepted, refusalRenamed, playerRecounted

    // What workers did about it.
    case leaseRetaken, outcomeFoundCommitted, outcomeFoundLost, strayFenced, strayCommitted
    case definitionsReloaded, unpublishedReadAgain, repeatsWrittenAlone, stateEvicted, recordFoundUnstorable
    case partitionStoppedBelowLog, partitionStoppedAboveLog, leaseSkipped, leaseReset
    case hotUpdateDropped, hotUpdateCoalesced, hotUpdateOutlived, olderKeyRefused, feedSentAgain
}
