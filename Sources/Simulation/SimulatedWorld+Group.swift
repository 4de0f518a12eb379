import FlowCore

/// The consumer group: who gets which partitions. A zombie does not hear of it.
extension SimulatedWorld {
    /// Those among whom the group shares.
    var members: [SimulatedWorker] { living.filter { !$0.isZombie } }

    /// The group hands out all partitions at once: first everyone gives back what it has, then each gets its own.
    public func rebalance(_ shares: [(SimulatedWorker, [Int32])]) {
        rebalances += 1
        isRebalancing = false
        takeAll()
        for (worker, partitions) in shares where worker.isAlive { worker.source.give(partitions, to: worker.engine) }
    }

    private func takeAll() {
        for worker in living where !worker.isZombie && !worker.source.assignment.isEmpty {
            worker.source.takeAll(from: worker.engine)
        }
    }

    /// The group shares out all partitions anew; what it takes it gives to others only after a while, unless it decides
    /// otherwise meanwhile.
    ///
    /// - Parameters:
    ///   - isCooperative: only what changes hands is taken; otherwise everything.
    ///   - owner: a number for each partition, by which its new owner is chosen.
    func rebalance(isCooperative: Bool, afterMs: Int64, owner: @escaping (Int32) -> UInt64) {
        faults.mark(isCooperative ? .cooperativeRebalance : .eagerRebalance)
        if isRebalancing { faults.mark(.rebalanceOvertaken) }
        rebalances += 1
        isRebalancing = true
        let round = rebalances
        if isCooperative {
            for (worker, share) in shares(owner) {
                let taken = worker.source.assignment.filter { !share.contains($0) }
                if !taken.isEmpty { worker.source.take(taken, from: worker.engine) }
            }
        } else {
            takeAll()
        }
        time.after(afterMs) { [self] in
            if round != rebalances { return }
            isRebalancing = false
            for (worker, share) in shares(owner) {
                let given = share.filter { !worker.source.assignment.contains($0) && !isHeld($0) }
                if !given.isEmpty || !isCooperative { worker.source.give(given, to: worker.engine) }
            }
        }
    }

    /// A member that joined meanwhile may be meant to have what another still holds: it waits for the next rebalance.
    private func isHeld(_ partition: Int32) -> Bool {
        members.contains { $0.source.assignment.contains(partition) }
    }

    private func shares(_ owner: (Int32) -> UInt64) -> [(SimulatedWorker, [Int32])] {
        let members = members
        if members.isEmpty { return [] }
        var shares: [[Int32]] = Array(repeating: [], count: members.count)
        for partition in 0..<log.partitionCount {
            shares[Int(owner(partition) % UInt64(members.count))].append(partition)
        }
        return Array(zip(members, shares))
    }

    /// The zombie learns that it was thrown out.
    public func wake(_ zombie: SimulatedWorker) {
        guard zombie.isAlive && zombie.isZombie else { return }
        zombie.isZombie = false
        if !zombie.source.assignment.isEmpty { zombie.source.takeAll(from: zombie.engine) }
    }

    /// SIGTERM: the worker polls no more, flushes and publishes, and leaves; after the time it is given it leaves as it
    /// is.
    ///
    /// - Parameter onLeft: called once it is gone.
    func drain(_ worker: SimulatedWorker, withinMs: Int64, onLeft: @escaping () -> Void) {
        worker.isLeaving = true
        worker.engine.drain()
        waitDrained(worker, untilMs: time.nowMs + withinMs, onLeft)
    }

    private func waitDrained(_ worker: SimulatedWorker, untilMs: Int64, _ onLeft: @escaping () -> Void) {
        time.after(20) { [self] in
            guard worker.isAlive else { return }
            if !worker.engine.isDrained && time.nowMs < untilMs {
                return waitDrained(worker, untilMs: untilMs, onLeft)
            }
            faults.mark(worker.engine.isDrained ? .drained : .drainOutOfTime)
            if worker.engine.isDrained && !worker.isZombie { auditor.drained(worker) }
            worker.crash()
            onLeft()
        }
    }
}
