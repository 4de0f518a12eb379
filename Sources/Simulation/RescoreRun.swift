import HuntCore

/// One run of a rescore: takes over whatever is pending of a hunt and brings it to its end, as Storage's `Rescore`.
final class RescoreRun: Upkeep {
    private let huntID: Int32
    private let batch: Int
    private var rules: HuntRules?
    private var epoch: Int64 = 0
    /// Players up to here are counted and told.
    private var position = ""
    /// Players up to here were counted by an earlier run, which perhaps did not tell all of them.
    private var countedBefore = ""

    /// - Parameter batch: players or refused scans per transaction.
    init(world: SimulatedWorld, huntID: Int32, batch: Int) {
        self.huntID = huntID
        self.batch = batch
        super.init(world: world)
    }

    func start() {
        next { [self] in
            guard let hunt = world.ledger.hunts[huntID], let row = world.ledger.takeOverRescore(of: huntID) else {
                return end()
            }
            rules = HuntRules(
                huntID: huntID, rulesVersion: hunt.rulesVersion, definition: hunt.definition,
                checkpointIDs: hunt.checkpointIDs, erasures: hunt.erasures)
            epoch = row.epoch
            position = row.published
            countedBefore = row.counted
            review()
        }
    }

    private func review() {
        next { [self] in
            guard let rules else { return end() }
            switch world.ledger.reviewRefusals(rules, epoch: epoch, most: batch) {
            case .takenOver: takenOver()
            case .finished: count()
            case .done(let outcome):
                if outcome.accepted > 0 { world.faults.mark(.refusalAccepted) }
                if outcome.renamed > 0 { world.faults.mark(.refusalRenamed) }
                review()
            }
        }
    }

    private func count() {
        next { [self] in
            guard let rules else { return end() }
            let provenAtMs = world.time.nowMs
            switch world.ledger.recount(
                rules, epoch: epoch, after: position, countedBefore: countedBefore, most: batch)
            {
            case .takenOver: takenOver()
            case .finished: finish(rules)
            case .done(let counted):
                let rows = rows(of: counted.players)
                next { [self] in
                    tell(rows, provenAtMs: provenAtMs)
                    position = counted.last
                    count()
                }
            }
        }
    }

    private func finish(_ rules: HuntRules) {
        next { [self] in
            if !world.ledger.finishRescore(rules, epoch: epoch) { takenOver() } else { end() }
        }
    }

    private func takenOver() {
        world.faults.mark(.rescoreTakenOver)
        end()
    }
}
