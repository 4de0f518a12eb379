import FlowCore
import HuntCore

extension Simulation {
    func performOfOperators(_ action: Action) {
        if world.ledger.isAway { return }
        switch action {
        case .importHunt(let number, let change): importHunt(number, change)
        case .close(let number):
            guard world.ledger.closeHunt(slug: Self.slugs[number]) else { return }
            note("\(Self.slugs[number]) is closed")
            isRedefined = true
            world.faults.mark(.closed)
        case .delete(let number):
            let slug = Self.slugs[number]
            guard world.ledger.hunt(slug: slug) != nil else { return }
            note("\(slug) is deleted")
            isRedefined = true
            deleted.insert(slug)
            start(DeletionRun(world: world, slug: slug, batch: history.upkeepBatch)) { $0.start() }
        case .erase(let number, let player):
            guard world.ledger.hunt(slug: Self.slugs[number]) != nil else { return }
            note("p\(player) of \(Self.slugs[number]) is erased")
            isRedefined = true
            erasures.append((number, player))
            erase(number, player)
        case .killUpkeep(let number):
            let running = upkeep.filter(\.isRunning)
            if running.isEmpty { return }
            note("a command is killed")
            running[Int(number % UInt64(running.count))].kill()
        case .resumeUpkeep: resumeUpkeep()
        default: break
        }
    }

    private func start<Run: Upkeep>(_ run: Run, _ begin: (Run) -> Void) {
        upkeep.append(run)
        begin(run)
    }

    private func importHunt(_ number: Int, _ change: DefinitionChange) {
        let slug = Self.slugs[number]
        let known = world.ledger.hunt(slug: slug)
        let definition =
            known.map { change.applied(to: $0.definition, nowMs: world.time.epochMs) } ?? Lisbon.hunt(2, slug: slug)
        guard world.ledger.importAndRequestRescore(definition) else {
            note("import of \(slug) is refused")
            return world.faults.mark(.importRefused)
        }
        note("import of \(slug): \(known == nil ? "new" : "\(change)")")
        isRedefined = true
        world.faults.mark(known == nil && deleted.contains(slug) ? .huntMadeAnew : .imported)
        if let hunt = world.ledger.hunt(slug: slug), world.ledger.rescores[hunt.huntID] != nil {
            start(RescoreRun(world: world, huntID: hunt.huntID, batch: history.upkeepBatch)) { $0.start() }
        }
    }

    private func erase(_ number: Int, _ player: Int) {
        let run = ErasureRun(world: world, slug: Self.slugs[number], player: "p\(player)") { [unowned self] in
            erasures.removeAll { $0 == (number, player) }
        }
        start(run) { $0.start() }
    }

    /// Starts again whatever the ledger says is not done.
    func resumeUpkeep() {
        if upkeep.contains(where: \.isRunning) { return }
        for huntID in world.ledger.rescores.keys.sorted() {
            note("the rescore of hunt \(huntID) is taken up")
            world.faults.mark(.upkeepResumed)
            start(RescoreRun(world: world, huntID: huntID, batch: history.upkeepBatch)) { $0.start() }
        }
        for slug in world.ledger.deletions.values.sorted() {
            note("the deletion of \(slug) is taken up")
            world.faults.mark(.upkeepResumed)
            start(DeletionRun(world: world, slug: slug, batch: history.upkeepBatch)) { $0.start() }
        }
        for (hunt, player) in erasures {
            note("the erasure of p\(player) is taken up")
            erase(hunt, player)
        }
    }
}
