import HuntCore

extension FlowEngine {
    /// The ledger holds other definitions than these decisions were made by: read them, then decide again.
    func reloadDefinitions() {
        if isReloading || now.monotonicMs < ledgerRetryAtMs { return }
        isReloading = true
        ledger.loadDefinitions { [self] result in
            later { [self] in
                isReloading = false
                // Asked before they were wanted: perhaps too old.
                if isReloadStale {
                    isReloadStale = false
                    return
                }
                switch result {
                case .success(let book):
                    replaceBook(book)
                case .failure(let trouble):
                    note(.warning, "definitions: \(trouble.reason)")
                    ledgerRetryAtMs = now.monotonicMs + ledgerBackoff.nextPauseMs()
                }
            }
        }
    }

    /// Records below `next_offset` that an earlier owner has not published must be judged by definitions at least as
    /// new as those it judged by. Otherwise: it commits a scan of a checkpoint that was added a moment ago, and dies;
    /// the next owner, which has not heard of that checkpoint, takes the scan for an unknown tag and tells nobody of
    /// the new score.
    func refreshDefinitions(before lease: Lease) {
        if lease.publishedOffset >= lease.nextOffset { return }
        definitionsWanted = true
        pendingBook = nil
        isReloadStale = isReloading
    }

    /// States of players may only be forgotten while no call carries them; calls in flight were decided by the old
    /// definitions and come back refused.
    private func replaceBook(_ book: RuleBook) {
        guard calls.isEmpty else {
            pendingBook = book
            return
        }
        definitionsWanted = false
        pendingBook = nil
        if book.generation == machine.book.generation { return }
        counters.definitionsReloaded += 1
        note(.info, "definitions: generation \(book.generation), \(book.hunts.count) hunts")
        machine.replace(book: book)
        decideAnew()
    }

    /// Repeats that are counted but not committed were decided by the old definitions. A hunt that closed or a player
    /// who was erased makes them something else: a worker that had been idle would take the first scan after the erasure
    /// for a repeat, and it would be lost. So their lanes read on from where the ledger is.
    private func decideAnew() {
        for lane in laneOrder where lane.status == .active && lane.decided > lane.committed {
            let start = min(lane.publications.reported, lane.committed)
            let lease = Lease(
                partition: lane.partition, epoch: lane.epoch, nextOffset: lane.committed, publishedOffset: start,
                previousOwner: nil)
            lane.begin(lease, startingAt: start, nowMs: now.monotonicMs)
            source.restart(lane.partition, at: start)
        }
    }

    func adoptPendingBook() {
        if let book = pendingBook, calls.isEmpty { replaceBook(book) }
    }
}
