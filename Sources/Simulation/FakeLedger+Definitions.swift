import FlowCore
import HuntCore

extension FakeLedger {
    public func ruleBook() -> RuleBook {
        RuleBook(
            generation: generation,
            hunts: hunts.values.sorted { $0.huntID < $1.huntID }.map {
                HuntRules(
                    huntID: $0.huntID, rulesVersion: $0.rulesVersion, definition: $0.definition,
                    checkpointIDs: $0.checkpointIDs, erasures: $0.erasures)
            })
    }

    public func hunt(slug: String) -> StoredHunt? { hunts.values.first { $0.definition.slug == slug } }

    /// Makes a definition the present one.
    ///
    /// - Parameter isCounted: whether its players are counted anew at once; else `rescore` has to follow.
    /// - Returns: the players whose row changed.
    @discardableResult
    public func importHunt(_ definition: HuntDefinition, isCounted: Bool = true) -> [PlayerID] {
        let known = hunt(slug: definition.slug)
        if known?.definition == definition { return [] }
        let huntID = write(definition, over: known)
        return isCounted ? rescore(huntID) : []
    }

    /// `cairn hunt import --rescore`: the definition is in force, and its players are on the list to be counted.
    ///
    /// - Returns: false when the rules of contracts.md section 2 forbid it.
    func importAndRequestRescore(_ definition: HuntDefinition) -> Bool {
        if deletions.values.contains(definition.slug) { return false }
        let known = hunt(slug: definition.slug)
        if let known {
            if known.definition == definition { return true }
            if !RuleChange(from: known.definition, to: definition).forbidden.isEmpty { return false }
        }
        let huntID = write(definition, over: known)
        if known != nil {
            var row = RescoreEntry(epoch: (rescores[huntID]?.epoch ?? 0) + 1)
            // A run that was killed may not have told of the players that it had counted.
            row.counted = rescores[huntID]?.counted ?? ""
            rescores[huntID] = row
        }
        return true
    }

    /// The next rules version and the next generation.
    private func write(_ definition: HuntDefinition, over known: StoredHunt?) -> Int32 {
        var ids: [String: Int32] = [:]
        if let known {
            for (checkpoint, id) in zip(known.definition.checkpoints, known.checkpointIDs) { ids[checkpoint.id] = id }
        }
        for checkpoint in definition.checkpoints where ids[checkpoint.id] == nil {
            ids[checkpoint.id] = (ids.values.max() ?? 0) + 1
        }
        if known == nil { lastHuntID += 1 }
        let huntID = known?.huntID ?? lastHuntID
        hunts[huntID] = StoredHunt(
            huntID: huntID, rulesVersion: (known?.rulesVersion ?? 0) + 1, definition: definition,
            checkpointIDs: definition.checkpoints.compactMap { ids[$0.id] }, erasures: known?.erasures ?? 0)
        redefined()
        return huntID
    }

    private func redefined() {
        generation += 1
        onEffect(.redefined)
    }

    /// `cairn hunt close`: the hunt ends now, after its latest fact.
    ///
    /// - Returns: whether it did.
    func closeHunt(slug: String) -> Bool {
        guard let known = hunt(slug: slug), rescores[known.huntID] == nil else { return false }
        let latest = facts.filter { $0.key.hunt == known.huntID }.values.flatMap(\.values).map(\.scannedAt).max()
        let end = max(epochMs, (latest ?? 0) + 1)
        if end >= known.definition.closesAt || end <= known.definition.opensAt { return false }
        _ = write(known.definition.closed(at: end), over: known)
        return true
    }

    // MARK: Players

    /// Deletes a player's facts and score (`player erase`); workers forget the states of its hunt.
    public func erase(_ player: PlayerID) {
        facts[player] = nil
        scores[player] = nil
        hunts[player.hunt]?.erasures += 1
        generation += 1
        onEffect(.erased(player))
    }

    /// Deletes the values of refused scans of a player.
    func eraseRefusedValues(of player: String, hunt slug: String) {
        for (place, entry) in refused {
            guard let scan = entry.value.flatMap({ SampleScan(line: $0) }), scan.hunt == slug, scan.player == player
            else { continue }
            refused[place]?.value = nil
        }
    }

    /// Counts the players of a hunt by its present rules, all at once.
    ///
    /// - Returns: those whose row changed.
    @discardableResult
    public func rescore(_ huntID: Int32) -> [PlayerID] {
        let players = scores.keys.filter { $0.hunt == huntID }.sorted()
        let changed = players.filter { recount($0) }
        onEffect(.recounted(players))
        return changed
    }

    /// - Returns: whether the player's row changed.
    func recount(_ player: PlayerID) -> Bool {
        guard var score = scores[player], let hunt = hunts[player.hunt] else { return false }
        let tally = Self.tally(facts[player] ?? [:], in: hunt)
        if tally == score.tally { return false }
        score.tally = tally
        score.version += 1
        score.factsSeq += 1
        score.updatedAt = epochMs
        scores[player] = score
        return true
    }

    /// What facts are worth, by the plain model of contracts.md section 3.
    static func tally(_ facts: [Int32: FactEntry], in hunt: StoredHunt) -> Tally {
        let slugs = Dictionary(uniqueKeysWithValues: zip(hunt.checkpointIDs, hunt.definition.checkpoints.map(\.id)))
        let scans = facts.compactMap { id, fact in
            slugs[id].map {
                AcceptedScan(
                    checkpoint: $0, scannedAt: fact.scannedAt, partition: fact.place.partition,
                    offset: fact.place.offset, eventID: fact.eventID)
            }
        }
        return standing(of: scans, in: hunt.definition).tally
    }

    // MARK: Whole hunts

    /// `cairn hunt delete`, its first transaction: the definition is gone, its rows are on the list to be deleted.
    ///
    /// - Returns: the hunt's database id; nil when there is no such hunt.
    func requestDeletion(slug: String) -> Int32? {
        if let pending = deletions.first(where: { $0.value == slug }) { return pending.key }
        guard let known = hunt(slug: slug) else { return nil }
        hunts[known.huntID] = nil
        rescores[known.huntID] = nil
        deletions[known.huntID] = slug
        redefined()
        return known.huntID
    }

    func playersToDelete(of huntID: Int32, most: Int) -> [PlayerID] {
        Array(scores.keys.filter { $0.hunt == huntID }.sorted().prefix(most))
    }

    func delete(_ players: [PlayerID]) {
        for player in players {
            facts[player] = nil
            scores[player] = nil
        }
        onEffect(.deleted(players))
    }

    func finishDeletion(of huntID: Int32) {
        delete(facts.keys.filter { $0.hunt == huntID })
        deletions[huntID] = nil
    }
}
