import HuntCore

extension FlowEngine {
    // MARK: Planning

    /// Starts calls while there are lanes with something to write and calls to spare. A call takes its part of the
    /// lanes, so that another can decide the rest while it commits.
    func planFlushes() {
        var blocked: [Int32] = []
        while calls.count < limits.concurrentFlushes, mayFlush {
            let ready = laneOrder.filter { isReady($0) && !blocked.contains($0.partition) }
                .sorted { $0.waiting > $1.waiting }
            guard let first = ready.first else { return }
            let active = laneOrder.count { $0.status == .active }
            let most = max(1, (active + limits.concurrentFlushes - 1) / limits.concurrentFlushes)
            let chosen = first.suspicion != nil ? [first] : Array(ready.filter { $0.suspicion == nil }.prefix(most))
            guard let call = makeCall(chosen) else {
                // Their next players are with another call; lanes with other players need not wait for it.
                blocked += chosen.map(\.partition)
                continue
            }
            begin(call)
        }
    }

    private var mayFlush: Bool {
        !definitionsWanted && now.monotonicMs >= ledgerRetryAtMs
            && !publisher.hot.holdsBack(nowMs: now.monotonicMs)
    }

    private func isReady(_ lane: Lane) -> Bool {
        guard lane.status == .active, lane.call == nil else { return false }
        if lane.publications.count >= limits.unpublishedBatches { return false }
        return lane.waiting > 0 || isProgressDue(lane)
    }

    private func isProgressDue(_ lane: Lane) -> Bool {
        guard lane.hasProgress else { return false }
        return isDraining || now.monotonicMs - lane.accruedSinceMs >= limits.progressIntervalMs
    }

    private func makeCall(_ chosen: [Lane]) -> FlushCall? {
        callsMade = callsMade == .max ? 1 : callsMade + 1
        let call = FlushCall(id: callsMade, generation: machine.book.generation)
        for lane in chosen {
            lane.advance()
            let limit = min(lane.limits.maxRecords, lane.suspicion?.limit ?? Int.max)
            let count = machine.claim(lane, limit: limit, for: call)
            if count == 0 && !isProgressDue(lane) { continue }
            call.shares.append(share(of: lane, count: count))
            lane.call = call
            lane.carried = count
        }
        return call.shares.isEmpty ? nil : call
    }

    private func share(of lane: Lane, count: Int) -> LaneShare {
        let start = lane.available.lowerBound
        let end = count == 0 ? nil : lane.current[start + count - 1].offset + 1
        let next = max(lane.decided, end ?? 0)
        return LaneShare(
            lane: lane, segment: lane.current, records: start..<start + count, partition: lane.partition,
            epoch: lane.epoch, from: lane.committed, next: next, end: end,
            published: min(lane.publications.published, next), counts: lane.accrued)
    }

    private func begin(_ call: FlushCall) {
        calls[call.id] = call
        if call.unloaded.isEmpty { return decide(call) }
        let keys = call.unloaded.map { machine.players.state($0).pointee.key }
        counters.playersLoaded += keys.count
        let askedAtMs = now.monotonicMs
        ledger.loadPlayers(keys) { [self] result in
            later { [self] in
                switch result {
                case .success(let found):
                    machine.load(found, for: call, provenAtMs: askedAtMs)
                    decide(call)
                case .failure(let trouble):
                    abandon(call)
                    pause(trouble)
                }
            }
        }
    }

    private func decide(_ call: FlushCall) {
        machine.score(call, epochMs: now.epochMs)
        if call.hasRows || call.shares.contains(where: { isProgressDue($0.lane) }) { return send(call) }
        // Nothing but repeats: they are counted and go with the next call, or alone at most ten times a second.
        let owned = ownedShares(of: call)
        let items = end(call, committedAt: now.epochMs)
        for share in owned {
            share.lane.accrue(share.newCounts, to: share.next, nowMs: now.monotonicMs)
            share.lane.clearSuspicion(upTo: share.next)
        }
        publish(items, owned)
    }

    private func send(_ call: FlushCall) {
        call.sentAtMs = now.monotonicMs
        ledger.flush(call) { [self] result in
            later { [self] in
                switch result {
                case .success(let committedAt): committed(call, at: committedAt)
                case .failure(let trouble): failed(call, trouble)
                }
            }
        }
    }

    // MARK: Outcomes

    private func committed(_ call: FlushCall, at committedAt: Int64) {
        ledgerBackoff.reset()
        count(call)
        let tookMs = now.monotonicMs - call.sentAtMs
        let owned = ownedShares(of: call)
        let items = end(call, committedAt: committedAt)
        for share in owned {
            share.lane.committed(to: share.next)
            share.lane.publications.reported = max(share.lane.publications.reported, share.published)
            share.lane.accruedSinceMs = now.monotonicMs
            share.lane.conflicts = 0
            share.lane.backoff.reset()
            share.lane.clearSuspicion(upTo: share.next)
        }
        onCommitted(call, items, tookMs)
        publish(items, owned)
    }

    /// The shares whose lane still waits for this call. Another was revoked, or has begun anew meanwhile; what becomes
    /// of the call is no news to it.
    private func ownedShares(of call: FlushCall) -> [LaneShare] {
        call.shares.filter { !$0.lane.isGone && $0.lane.call === call }
    }

    private func publish(_ items: [PublishItem], _ shares: [LaneShare]) {
        let lanes = shares.compactMap { share in share.end.map { (lane: share.lane, next: $0) } }
        publisher.publish(items, batch: items.first?.batch ?? PublishItem.noBatch, lanes: lanes, nowMs: now.monotonicMs)
    }

    /// Frees players and lanes of a call whose records are decided for good.
    private func end(_ call: FlushCall, committedAt: Int64) -> [PublishItem] {
        let items = machine.finish(call, committedAt: committedAt, batch: publisher.nextBatch())
        calls[call.id] = nil
        for share in call.shares where share.lane.call === call {
            share.lane.consume(share.records.count)
            share.lane.call = nil
        }
        return items
    }

    private func count(_ call: FlushCall) {
        counters.flushes += 1
        counters.flushedRecords += call.recordCount
        counters.flushedFacts += call.facts.count
        counters.flushedScores += call.scores.count
        for share in call.shares { counters.scans += share.counts }
        for refusal in call.refusals { counters.refusals[Int(refusal.reason.rawValue)] += 1 }
    }

    /// Undoes a call that did not commit: its records stay in their lanes and will be decided again.
    func abandon(_ call: FlushCall) {
        machine.abandon(call)
        calls[call.id] = nil
        for share in call.shares where share.lane.call === call { share.lane.call = nil }
    }

    private func failed(_ call: FlushCall, _ trouble: FlushTrouble) {
        if case .outcomeUnknown(let reason) = trouble { return learnOutcome(of: call, reason) }
        let owned = ownedShares(of: call)
        abandon(call)
        switch trouble {
        case .leaseLost(let partitions):
            counters.leasesLost += partitions.count
            for share in owned where partitions.contains(share.partition) { leaseLost(share.lane) }
        case .playersChanged(let count):
            counters.foreignWrites += count
            for share in owned { overtaken(share) }
        case .definitionsChanged:
            definitionsWanted = true
        case .rejected(let state):
            counters.rejections += 1
            reject(call, owned, state)
        case .conflict:
            counters.conflicts += 1
        case .unavailable(let trouble):
            pause(trouble)
        case .outcomeUnknown:
            break
        }
    }

    private func pause(_ trouble: TransientTrouble) {
        counters.unavailable += 1
        let pauseMs = ledgerBackoff.nextPauseMs()
        ledgerRetryAtMs = now.monotonicMs + pauseMs
        note(.warning, "ledger: \(trouble.reason); next attempt in \(pauseMs) ms")
    }

    /// A record that Postgres refuses must not stop its partition: lanes go alone, then halves, then the culprit
    /// becomes a refusal itself.
    private func reject(_ call: FlushCall, _ owned: [LaneShare], _ state: String) {
        if call.shares.count > 1 {
            for share in owned { share.lane.suspicion = .init(limit: max(1, share.records.count), end: share.next) }
            return
        }
        guard let share = owned.first else { return }
        if share.records.count > 1 { return suspect(share, end: share.next) }
        guard let position = share.records.first, share.segment[position].refusal != .unstorable else {
            return pause(TransientTrouble("Postgres refuses partition \(share.partition)'s row itself (\(state))"))
        }
        let record = share.segment.pointer(at: position)
        note(.error, "partition \(share.partition) offset \(record.pointee.offset): refused by Postgres (\(state))")
        record.pointee.refusal = .unstorable
        record.pointee.detail = "Postgres refused this record"
    }

    /// Two workers that write the same players can overtake each other again and again; a smaller batch is quicker than
    /// the other's, so the second time in a row batches shrink.
    private func overtaken(_ share: LaneShare) {
        share.lane.conflicts += 1
        if share.lane.conflicts > 1 { suspect(share, end: share.next) }
    }

    private func suspect(_ share: LaneShare, end: Int64) {
        let limit = max(1, share.records.count / 2)
        share.lane.suspicion = .init(limit: limit, end: max(end, share.lane.suspicion?.end ?? 0))
    }

    // MARK: A lost reply

    /// The call was sent and no reply came: it may have committed. Taking the leases anew waits for a stray backend or
    /// fences it; then their offsets tell.
    private func learnOutcome(of call: FlushCall, _ reason: TransientTrouble) {
        counters.outcomesUnknown += 1
        note(.warning, "ledger: no reply to a flush (\(reason.reason)); reading the leases to learn its outcome")
        askOutcome(of: call)
    }

    private func askOutcome(of call: FlushCall) {
        let owned = ownedShares(of: call)
        if owned.isEmpty { return abandon(call) }
        let requests = owned.map { LeaseRequest(partition: $0.partition, logStart: $0.from) }
        ledger.takeLeases(requests) { [self] result in
            later { [self] in
                switch result {
                case .success(let leases):
                    settle(call, leases)
                case .failure(let trouble):
                    pause(trouble)
                    unsettled.append(call)
                }
            }
        }
    }

    /// Asks again for calls whose outcome could not be learnt yet.
    func retryUnsettled() {
        if unsettled.isEmpty || now.monotonicMs < ledgerRetryAtMs { return }
        let waiting = unsettled
        unsettled.removeAll()
        for call in waiting { askOutcome(of: call) }
    }

    private func settle(_ call: FlushCall, _ leases: [Lease]) {
        ledgerBackoff.reset()
        let owned = ownedShares(of: call)
        abandon(call)
        for share in owned {
            guard let lease = leases.first(where: { $0.partition == share.partition }) else { continue }
            counters.leasesTaken += 1
            if lease.nextOffset == share.next && share.next > share.from { counters.outcomesFoundCommitted += 1 }
            // Either way the lease tells where to go on; what was committed but not published is read once more from
            // `published_offset`, like after a crash.
            share.lane.begin(lease, startingAt: lease.publishedOffset, nowMs: now.monotonicMs)
            refreshDefinitions(before: lease)
            source.restart(share.partition, at: lease.publishedOffset)
        }
    }
}

extension LaneShare {
    /// The counts of this call's records alone.
    var newCounts: LaneCounts {
        var counts = counts
        counts.first -= lane.accrued.first
        counts.earlier -= lane.accrued.earlier
        counts.repeats -= lane.accrued.repeats
        counts.refusals -= lane.accrued.refusals
        return counts
    }
}
