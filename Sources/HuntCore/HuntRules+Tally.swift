extension HuntRules {
    /// What the facts of one player are worth.
    ///
    /// One pass is enough: a checkpoint comes after all it requires, so when it is reached they are decided.
    ///
    /// - Parameter facts: sorted, at most one of a checkpoint.
    /// - Complexity: O(facts, their requirements and trails); no allocation once `scratch` has met this hunt.
    /// - Source: contracts.md section 3.
    public func tally(_ facts: UnsafeBufferPointer<Fact>, scratch: inout TallyScratch) -> Tally {
        var tally = Tally.zero
        if isPlain {
            for fact in facts { tally.add(worth: points(at: fact.checkpoint), at: fact.at) }
            tally.unlocks = Int32(facts.count)
            return tally
        }
        scratch.beginRound(checkpointCount: checkpointCount, trailCount: trailCount)
        for fact in facts {
            let checkpoint = fact.checkpoint
            precondition(checkpoint < checkpointCount, "no such checkpoint")
            let row = rows[checkpoint]
            guard let at = countedAt(fact.at, requires: row.requires, scratch: scratch) else { continue }
            scratch.checkpoints[checkpoint] = TallyScratch.CheckpointMark(round: scratch.round, at: at)
            tally.add(worth: row.points, at: at)
            tally.unlocks += 1
            for place in row.trails { extendTrail(Int(trailsOf[Int(place)]), at: at, &tally, &scratch) }
        }
        return tally
    }

    /// `at` of a checkpoint found at `first`, or nil when it does not count because one that it requires does not.
    @inline(__always)
    private func countedAt(_ first: Int64, requires: Range<Int32>, scratch: borrowing TallyScratch) -> Int64? {
        var at = first
        for place in requires {
            let mark = scratch.checkpoints[Int(self.requires[Int(place)])]
            guard mark.round == scratch.round else { return nil }
            at = max(at, mark.at)
        }
        return at
    }

    /// Notes that one more checkpoint of a trail counts, and adds the bonus with the last one.
    @inline(__always)
    private func extendTrail(_ number: Int, at: Int64, _ tally: inout Tally, _ scratch: inout TallyScratch) {
        var mark = scratch.trails[number]
        if mark.round != scratch.round { mark = TallyScratch.TrailMark(round: scratch.round, at: 0, found: 0) }
        mark.at = max(mark.at, at)
        mark.found += 1
        scratch.trails[number] = mark
        if mark.found == trails[number].size { tally.add(worth: trails[number].bonus, at: mark.at) }
    }

    /// The tally after the first fact of a checkpoint, from the tally before.
    ///
    /// - Returns: nil when other facts matter too, because the checkpoint requires one, is required or is part of a
    ///   trail; never in a plain hunt. Then `tally(_:scratch:)` tells.
    /// - Complexity: O(1)
    public func tally(_ tally: Tally, addingFirst fact: Fact) -> Tally? {
        precondition(fact.checkpoint < checkpointCount, "no such checkpoint")
        let row = rows[fact.checkpoint]
        guard row.isLone else { return nil }
        var tally = tally
        tally.add(worth: row.points, at: fact.at)
        tally.unlocks += 1
        return tally
    }

    /// The tally after a checkpoint turned out to have been found earlier, from the tally before.
    ///
    /// - Parameters:
    ///   - old: the fact that is part of `tally`.
    ///   - fact: the one in its place, of the same checkpoint and earlier.
    /// - Returns: nil when other facts matter too: as with `tally(_:addingFirst:)`, and where `old` may have been the
    ///   last contribution, so that `reachedAt` is now another's. Then `tally(_:scratch:)` tells.
    /// - Complexity: O(1)
    public func tally(_ tally: Tally, replacing old: Fact, with fact: Fact) -> Tally? {
        precondition(fact.checkpoint == old.checkpoint && fact <= old, "a fact gives way to an earlier one only")
        precondition(fact.checkpoint < checkpointCount, "no such checkpoint")
        let row = rows[fact.checkpoint]
        guard row.isLone, row.points == 0 || old.at < tally.reachedAt else { return nil }
        return tally
    }
}
