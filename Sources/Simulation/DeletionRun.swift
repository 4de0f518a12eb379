/// `cairn hunt delete`: the definition goes first, then the players in batches, projections before rows.
final class DeletionRun: Upkeep {
    private let slug: String
    private let batch: Int

    init(world: SimulatedWorld, slug: String, batch: Int) {
        self.slug = slug
        self.batch = batch
        super.init(world: world)
    }

    func start() {
        next { [self] in
            guard let huntID = world.ledger.requestDeletion(slug: slug) else { return end() }
            awaitPublication { [self] in next { [self] in delete(huntID) } }
        }
    }

    private func delete(_ huntID: Int32) {
        let players = world.ledger.playersToDelete(of: huntID, most: batch)
        if players.isEmpty {
            world.ledger.finishDeletion(of: huntID)
            world.faults.mark(.huntDeleted)
            return end()
        }
        next { [self] in
            forget(players)
            next { [self] in
                world.ledger.delete(players)
                delete(huntID)
            }
        }
    }
}
