import HuntCore

extension ScoreMachine {
    /// Records that are judged in one go before their players are claimed. Their players' memory is fetched meanwhile,
    /// all at once instead of one after the other.
    private static let claimedAtOnce = 128

    /// Judges the next records of a lane and claims their players for a call, up to `limit` records or up to one
    /// whose player another call carries.
    ///
    /// - Returns: how many records the call may carry.
    func claim(_ lane: Lane, limit: Int, for call: FlushCall) -> Int {
        let segment = lane.current
        let start = lane.available.lowerBound
        let end = min(lane.available.upperBound, start + limit)
        var position = start
        while position < end {
            let records = position..<min(position + Self.claimedAtOnce, end)
            judge(records, of: segment)
            warm(records, of: segment)
            position = claim(records, of: segment, lane, for: call)
            if position < records.upperBound { break }
        }
        return position - start
    }

    // MARK: Judging

    private func judge(_ records: Range<Int>, of segment: RecordSegment) {
        var rest = records
        while let position = rest.first {
            let record = segment.pointer(at: position)
            if record.pointee.refusal == nil, let rules = book.hunt(slug: segment.bytes(record.pointee.hunt)) {
                rest = judge(rest, of: segment, by: rules)
            } else {
                record.pointee.verdict = Self.verdict(record.pointee.refusal ?? .unknownHunt)
                rest = rest.dropFirst()
            }
        }
    }

    /// Judges records of one hunt.
    ///
    /// - Returns: those from the first record of another hunt on.
    private func judge(_ records: Range<Int>, of segment: RecordSegment, by rules: HuntRules) -> Range<Int> {
        for position in records {
            let record = segment.pointer(at: position)
            if let reason = record.pointee.refusal {
                record.pointee.verdict = Self.verdict(reason)
                continue
            }
            guard rules.isNamed(segment.bytes(record.pointee.hunt)) else { return position..<records.upperBound }
            switch rules.judge(
                tag: record.pointee.tag, scannedAt: record.pointee.scannedAt, receivedAt: record.pointee.receivedAt)
            {
            case .refused(let reason):
                record.pointee.verdict = Self.verdict(reason)
            case .checkpoint(let checkpoint):
                record.pointee.verdict = Int32(truncatingIfNeeded: checkpoint)
                record.pointee.huntID = rules.huntID
            }
        }
        return records.upperBound..<records.upperBound
    }

    @inline(__always)
    private static func verdict(_ reason: RefusalReason) -> Int32 { -1 - Int32(reason.rawValue) }

    // MARK: Claiming

    /// Looks up the players of records without needing an answer at once: the processor has many of these reads under
    /// way together, where claiming has to wait for each.
    private func warm(_ records: Range<Int>, of segment: RecordSegment) {
        for position in records {
            let record = segment.pointer(at: position)
            if record.pointee.verdict < 0 { continue }
            record.pointee.hash = players.hash(of: key(of: record, in: segment))
            record.pointee.slot = players.likelySlot(of: record.pointee.hash)
        }
        var fetched: UInt64 = 0
        for position in records {
            let record = segment.pointer(at: position)
            if record.pointee.verdict >= 0 { fetched &+= players.warm(record.pointee.slot) }
        }
        // Kept, or the compiler would drop the reads.
        warmth = fetched
    }

    @inline(__always)
    private func key(of record: UnsafeMutablePointer<LaneRecord>, in segment: RecordSegment) -> PlayerKey {
        PlayerKey(huntID: record.pointee.huntID, player: segment.bytes(record.pointee.player))
    }

    /// - Returns: the position of the first record that the call may not carry.
    private func claim(_ records: Range<Int>, of segment: RecordSegment, _ lane: Lane, for call: FlushCall) -> Int {
        let id = call.id
        for position in records {
            let record = segment.pointer(at: position)
            if record.pointee.verdict < 0 { continue }
            let slot = players.slot(
                of: key(of: record, in: segment), hash: record.pointee.hash, likely: record.pointee.slot,
                home: lane.partition)
            let state = players.state(slot)
            if state.pointee.call != id {
                if state.pointee.call != 0 { return position }
                claim(slot, for: call)
            }
            if record.pointee.offset < lane.committed { refresh(slot, since: lane.leasedAtMs, for: call) }
            record.pointee.slot = slot
        }
        return records.upperBound
    }

    @inline(__always)
    private func claim(_ slot: UInt32, for call: FlushCall) {
        let state = players.state(slot)
        state.pointee.call = call.id
        state.pointee.isUsed = true
        call.players.append(slot)
        if !state.pointee.isLoaded { call.unloaded.append(slot) }
    }

    /// What an earlier owner committed shows only in a state that was read (or written) since the lease is ours. An
    /// older one would be told to the world in place of the scores that the earlier owner had no time to tell.
    private func refresh(_ slot: UInt32, since leasedAtMs: Int64, for call: FlushCall) {
        let state = players.state(slot)
        if !state.pointee.isLoaded || state.pointee.provenAtMs >= leasedAtMs { return }
        players.forget(slot)
        call.unloaded.append(slot)
    }
}
