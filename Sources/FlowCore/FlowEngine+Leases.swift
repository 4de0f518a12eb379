import HuntCore

/// Partitions for which leases are being asked.
struct LeaseRound {
    let lanes: [Lane]
    /// Answers Kafka's assignment; otherwise lanes that Kafka already fetches are taken again.
    let isAnswer: Bool
}

extension FlowEngine {
    /// Kafka gave these partitions to this worker. It waits for `ScanSource.start`, which comes once their leases are
    /// taken.
    public func assigned(_ partitions: [Int32]) {
        for partition in partitions {
            lanes[partition]?.isGone = true
            lanes[partition] = Lane(
                partition: partition, limits: limits.lane(among: 1), seed: random.next())
        }
        owesStart = true
        orderLanes()
        onWork()
    }

    /// Kafka took these partitions away. What is in flight for them may still commit: the ledger decides.
    public func revoked(_ partitions: [Int32]) {
        for partition in partitions {
            guard let lane = lanes.removeValue(forKey: partition) else { continue }
            lane.isGone = true
        }
        orderLanes()
        if !laneOrder.contains(where: { !$0.isStarted }) { owesStart = false }
        source.release()
        onWork()
    }

    private func orderLanes() {
        laneOrder = lanes.values.sorted { $0.partition < $1.partition }
        let limits = limits.lane(among: laneOrder.count)
        for lane in laneOrder { lane.limits = limits }
    }

    // MARK: Taking leases

    func leaseDueLanes() {
        if leaseRound != nil { return }
        if owesStart {
            // Kafka takes one answer for the whole assignment: all of them, or wait.
            let new = laneOrder.filter { !$0.isStarted && $0.status == .leasing }
            if new.contains(where: { $0.leaseAtMs > now.monotonicMs }) { return }
            if new.isEmpty { startAll() } else { ask(LeaseRound(lanes: new, isAnswer: true)) }
        } else {
            let due = laneOrder.filter { $0.status != .active && $0.leaseAtMs <= now.monotonicMs }
            if !due.isEmpty { ask(LeaseRound(lanes: due, isAnswer: false)) }
        }
    }

    private func ask(_ round: LeaseRound) {
        leaseRound = round
        source.logBounds(of: round.lanes.map(\.partition)) { [self] result in
            later { [self] in
                switch result {
                case .failure(let trouble): roundFailed(round, trouble)
                case .success(let bounds): take(round, bounds)
                }
            }
        }
    }

    private func take(_ round: LeaseRound, _ bounds: [LogBounds]) {
        // A lease of a partition that was revoked meanwhile would be taken from its new owner.
        let wanted = round.lanes.filter { !$0.isGone }.map(\.partition)
        if wanted.isEmpty {
            leaseRound = nil
            return
        }
        let requests = bounds.filter { wanted.contains($0.partition) }
            .map { LeaseRequest(partition: $0.partition, logStart: $0.start) }
        ledger.takeLeases(requests) { [self] result in
            later { [self] in
                switch result {
                case .failure(let trouble): roundFailed(round, trouble)
                case .success(let leases): apply(leases, bounds, round)
                }
            }
        }
    }

    private func roundFailed(_ round: LeaseRound, _ trouble: TransientTrouble) {
        leaseRound = nil
        note(.warning, "no lease for partitions \(round.lanes.map(\.partition)) yet: \(trouble.reason)")
        counters.unavailable += 1
        for lane in round.lanes { lane.leaseAtMs = now.monotonicMs + lane.backoff.nextPauseMs() }
        let latest = round.lanes.map(\.leaseAtMs).max() ?? 0
        if round.isAnswer { for lane in round.lanes { lane.leaseAtMs = latest } }
    }

    private func apply(_ leases: [Lease], _ bounds: [LogBounds], _ round: LeaseRound) {
        leaseRound = nil
        var starts: [(partition: Int32, offset: Int64)] = []
        for lane in round.lanes where !lane.isGone {
            guard let lease = leases.first(where: { $0.partition == lane.partition }),
                let log = bounds.first(where: { $0.partition == lane.partition })
            else {
                lane.leaseAtMs = now.monotonicMs + lane.backoff.nextPauseMs()
                continue
            }
            counters.leasesTaken += 1
            if !round.isAnswer { counters.leasesRetaken += 1 }
            if let trouble = Self.trouble(lease, log, refused: lane.refused) {
                stop(lane, trouble)
                continue
            }
            let start = max(lease.publishedOffset, log.start)
            if start > lease.publishedOffset { noteUntold(lease, from: log.start) }
            lane.begin(lease, startingAt: start, nowMs: now.monotonicMs)
            refreshDefinitions(before: lease)
            starts.append((lane.partition, start))
            if let previous = lease.previousOwner {
                note(.info, "partition \(lane.partition): lease epoch \(lease.epoch), taken from \(previous)")
            }
        }
        answer(starts, isAnswer: round.isAnswer)
    }

    private func answer(_ starts: [(partition: Int32, offset: Int64)], isAnswer: Bool) {
        if !isAnswer {
            for start in starts { source.restart(start.partition, at: start.offset) }
        } else if owesStart && !laneOrder.contains(where: { !$0.isStarted && $0.status == .leasing }) {
            // Otherwise another rebalance came meanwhile: its lanes are asked for first, then all are answered.
            startAll()
        }
    }

    private func startAll() {
        owesStart = false
        let new = laneOrder.filter { !$0.isStarted }
        for lane in new { lane.isStarted = true }
        source.start(new.filter { $0.status == .active }.map { ($0.partition, $0.publications.published) })
    }

    /// Contracts.md section 5, positions: why a partition must not be read from its lease, or nil.
    ///
    /// A lease above the log's end shows when the log refuses its position. The end that a broker reports is no proof:
    /// it may lag behind.
    private static func trouble(_ lease: Lease, _ log: LogBounds, refused: Lane.RefusedPosition?) -> String? {
        if lease.nextOffset < log.start {
            return """
                its lease stands at offset \(lease.nextOffset), below the log's start \(log.start): the scans between \
                are gone from Kafka; accept the loss with `cairn lease skip TOPIC \(log.partition)`
                """
        }
        // Word of a position that was refused earlier may come late: one within the log is no trouble.
        if let refused, refused.nextOffset == lease.nextOffset, lease.nextOffset > log.end,
            refused.position == max(lease.publishedOffset, log.start)
        {
            return aboveEnd(lease, log.end)
        }
        return nil
    }

    private static func aboveEnd(_ lease: Lease, _ end: Int64) -> String {
        """
        its lease stands at offset \(lease.nextOffset), above the log's end \(end): the topic seems to have been created \
        anew; begin at its start with `cairn lease reset TOPIC \(lease.partition)`
        """
    }

    /// The first records of a fetch tell the log's true end: below the lease, these are records of another log, and they
    /// must not pass for ones that are committed already.
    func isEndSound(_ lane: Lane) -> Bool {
        if lane.isEndChecked { return true }
        guard let end = source.logEnd(of: lane.partition), end < lane.committed else {
            lane.isEndChecked = true
            return true
        }
        let lease = Lease(
            partition: lane.partition, epoch: lane.epoch, nextOffset: lane.committed,
            publishedOffset: lane.publications.published, previousOwner: nil)
        lane.refusePosition()
        stop(lane, Self.aboveEnd(lease, end))
        return false
    }

    /// An earlier owner committed scans and did not publish them, and they are gone from the log.
    private func noteUntold(_ lease: Lease, from start: Int64) {
        note(
            .warning,
            """
            partition \(lease.partition): the scans from \(lease.publishedOffset) to \(start) are counted and gone from \
            Kafka; where an earlier owner did not tell of them, the feed has their players with their next change
            """)
    }

    private func stop(_ lane: Lane, _ trouble: String) {
        if lane.status != .stopped(trouble) {
            note(.error, "partition \(lane.partition) stopped: \(trouble)")
        }
        lane.reset(status: .stopped(trouble))
        // An operator's `lease skip` or `reset` is noticed by looking again.
        lane.leaseAtMs = now.monotonicMs + Backoff.longestMs
        source.stop(lane.partition)
    }

    /// The position that was being fetched is not in the log: look at log and lease again.
    func positionLost(_ lane: Lane) {
        note(.warning, "partition \(lane.partition): its position is not in the log; looking at log and lease again")
        lane.refusePosition()
        lane.reset(status: .leasing)
        lane.leaseAtMs = now.monotonicMs + lane.backoff.nextPauseMs()
    }

    /// CA001: somebody else took the lease. If Kafka still gives the partition to this worker, it takes the lease again
    /// after a pause; the other owner does the same, until Kafka has decided.
    func leaseLost(_ lane: Lane) {
        note(.warning, "partition \(lane.partition): lease epoch \(lane.epoch) was taken by another worker")
        lane.reset(status: .leasing)
        lane.leaseAtMs = now.monotonicMs + lane.backoff.nextPauseMs()
    }

    func note(_ level: FlowNote.Level, _ text: String) { onNote(FlowNote(level: level, text: text)) }
}
