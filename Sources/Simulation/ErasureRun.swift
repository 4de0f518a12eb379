/// `cairn player erase`: the player's rows go, then the tombstone comes, once nothing of before can follow it.
final class ErasureRun: Upkeep {
    private let slug: String
    private let player: String
    private let onDone: () -> Void

    init(world: SimulatedWorld, slug: String, player: String, onDone: @escaping () -> Void) {
        self.slug = slug
        self.player = player
        self.onDone = onDone
        super.init(world: world)
    }

    func start() {
        next { [self] in
            world.ledger.eraseRefusedValues(of: player, hunt: slug)
            next { [self] in erase() }
        }
    }

    private func erase() {
        guard let hunt = world.ledger.hunt(slug: slug) else { return finish() }
        let name = PlayerID(hunt: hunt.huntID, player: player)
        world.ledger.erase(name)
        next { [self] in
            // A scan that was refused meanwhile.
            world.ledger.eraseRefusedValues(of: player, hunt: slug)
            awaitPublication { [self] in
                next { [self] in
                    forget([name])
                    tellReturn(of: name)
                }
            }
        }
    }

    /// The player may have come back before the tombstone, which has hidden that.
    private func tellReturn(of name: PlayerID) {
        next { [self] in
            let provenAtMs = world.time.nowMs
            let rows = rows(of: [name])
            next { [self] in
                tell(rows, provenAtMs: provenAtMs)
                finish()
            }
        }
    }

    private func finish() {
        world.faults.mark(.erased)
        onDone()
        end()
    }
}
