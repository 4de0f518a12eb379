/// What the group gives to this consumer or takes from it.
public enum KafkaRebalance: Equatable, Sendable {
    /// Answer with `assign`, now or later: nothing is fetched and the group waits until then. It replaces an `assigned`
    /// that is not answered yet.
    case assigned([Int32])
    /// Answer with `completeRevoke`, now or later. `lost`: the group has given them to others already.
    case revoked([Int32], lost: Bool)
}

/// Which partitions the group has granted, and what it waits for. Pure.
///
/// Two ways of rebalancing. Eager: every rebalance revokes all, then assigns the new whole. Cooperative: each names
/// only what changes. librdkafka holds the next rebalance back until the one before is answered, even when the
/// session times out meanwhile (seen with 2.16), but promises it nowhere: so the newest one counts, and a late answer
/// to an older one changes nothing.
struct GroupGrant {
    private(set) var owned: Set<Int32> = []
    private(set) var pending: KafkaRebalance?

    mutating func arrived(_ rebalance: KafkaRebalance, isCooperative: Bool) {
        if case .assigned(let partitions) = rebalance {
            owned = isCooperative ? owned.union(partitions) : Set(partitions)
        }
        pending = rebalance
    }

    /// The starts that answer the pending `assigned`, or `nil` when none is pending.
    ///
    /// Partitions that it does not contain are left out: they are the answer to an older one. It may lack some, whose
    /// lease could not be had: those stay silent until `restart`.
    mutating func answerAssign(
        _ starts: [(partition: Int32, offset: Int64)]
    ) -> [(partition: Int32, offset: Int64)]? {
        guard case .assigned(let partitions) = pending else { return nil }
        pending = nil
        var unseen = Set(partitions)
        return starts.filter { unseen.remove($0.partition) != nil }
    }

    /// The partitions that leave, or `nil` when no `revoked` is pending.
    mutating func answerRevoke(isCooperative: Bool) -> Set<Int32>? {
        guard case .revoked(let partitions, _) = pending else { return nil }
        pending = nil
        let leaving = isCooperative ? owned.intersection(partitions) : owned
        owned.subtract(leaving)
        return leaving
    }

    /// For a reader outside any group: it grants itself what it reads.
    mutating func grant(_ partitions: [Int32]) { owned.formUnion(partitions) }
}
