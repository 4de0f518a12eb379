import HuntCore

/// Decides batches: which scans are accepted, which facts they bring, what the players are worth then. Pure; it owns
/// the states of players and is handed the rules.
final class ScoreMachine {
    let players: PlayerTable
    @exclusivity(unchecked) private(set) var book: RuleBook
    private var scratch = TallyScratch()
    private var quota = RefusalQuota()
    /// See `warm`.
    var warmth: UInt64 = 0
    var order = RowOrder()

    init(book: RuleBook, cacheBytes: Int, seed: UInt64) {
        self.book = book
        players = PlayerTable(bytesMax: cacheBytes, seed: seed)
    }

    /// Goes on by other rules. States of hunts that changed are forgotten, because facts are kept by the rules' own
    /// indexes; those of hunts with an erased player too, for a state would take that player's next scans for repeats.
    func replace(book newBook: RuleBook) {
        let old = book
        players.forgetAll { huntID in
            let before = old.hunt(id: huntID)
            let after = newBook.hunt(id: huntID)
            return before?.rulesVersion != after?.rulesVersion || before?.erasures != after?.erasures
        }
        book = newBook
    }

    // MARK: Loading

    /// Takes what the ledger knows of the players that the call had to read. One without a row has no facts.
    func load(_ found: [LoadedPlayer], for call: FlushCall, provenAtMs: Int64) {
        for player in found {
            let slot = call.unloaded[player.position]
            guard let rules = book.hunt(id: players.state(slot).pointee.key.huntID) else { continue }
            players.load(player, rules: rules, provenAtMs: provenAtMs, slot: slot)
        }
        for slot in call.unloaded {
            players.state(slot).pointee.isLoaded = true
            players.state(slot).pointee.provenAtMs = provenAtMs
        }
        call.unloaded.removeAll()
    }

    // MARK: Score

    /// Applies the records of a call to the players' states and makes the call's rows.
    ///
    /// - Parameter epochMs: for the hour of refused records that carry no time.
    func score(_ call: FlushCall, epochMs: Int64) {
        // Memory that is not written to is not taken; growing step by step would copy the rows again and again.
        call.scores.reserveCapacity(call.recordCount)
        call.facts.reserveCapacity(call.recordCount)
        for share in call.shares.indices { score(share, of: call, epochMs: epochMs) }
        tallyChanged(call)
        sortRows(of: call)
    }

    private func score(_ number: Int, of call: FlushCall, epochMs: Int64) {
        let share = call.shares[number]
        let committed = share.lane.committed
        var counts = LaneCounts()
        for position in share.records {
            if (position - share.records.lowerBound) % Self.scoredAtOnce == 0 {
                warmStates(of: share.segment, position..<min(position + Self.scoredAtOnce, share.records.upperBound))
            }
            let record = share.segment.pointer(at: position)
            let verdict = record.pointee.verdict
            if record.pointee.offset < committed {
                if verdict >= 0 { markReplayed(record.pointee.slot, call) }
            } else if verdict < 0 {
                counts.refusals += 1
                refuse(record, RefusalReason(rawValue: UInt8(-1 - verdict)), number, position, call, epochMs)
            } else {
                let fact = Fact(checkpoint: Int(verdict), at: record.pointee.scannedAt)
                switch players.record(fact, from: share.partition, slot: record.pointee.slot) {
                case .repeated:
                    counts.repeats += 1
                case .first:
                    counts.first += 1
                    changed(record, fact, isFirst: true, Int32(number), Int32(position), call)
                case .earlier:
                    counts.earlier += 1
                    changed(record, fact, isFirst: false, Int32(number), Int32(position), call)
                }
            }
        }
        call.shares[number].counts += counts
    }

    /// A batch is larger than the processor's caches: what claiming fetched is gone when the last player is claimed.
    private static let scoredAtOnce = 64

    /// Fetches the states that the next records need, all at once instead of one after the other.
    private func warmStates(of segment: RecordSegment, _ records: Range<Int>) {
        var fetched: UInt64 = 0
        for position in records {
            let record = segment.pointer(at: position)
            if record.pointee.verdict >= 0 { fetched &+= players.warmWhole(record.pointee.slot) }
        }
        warmth = fetched
    }

    private func markReplayed(_ slot: UInt32, _ call: FlushCall) {
        let state = players.state(slot)
        if state.pointee.isReplayed { return }
        state.pointee.isReplayed = true
        call.replayed.append(slot)
    }

    private func refuse(
        _ record: UnsafeMutablePointer<LaneRecord>, _ reason: RefusalReason?, _ share: Int, _ position: Int,
        _ call: FlushCall, _ epochMs: Int64
    ) {
        guard let reason else { preconditionFailure("a verdict that is no reason") }
        let receivedAt = record.pointee.receivedAt
        let isPlausible = receivedAt >= 0 && receivedAt <= Timestamp.latest
        let hour = (isPlausible ? receivedAt : epochMs) / 3_600_000
        let isKept = quota.take(reason, partition: call.shares[share].partition, hour: hour)
        let detail = record.pointee.refusal == nil ? reason.ruleDetail : record.pointee.detail
        call.refusals.append(
            RefusalRow(
                reason: reason, detail: detail, share: Int32(share), record: Int32(position), isKept: isKept,
                hour: hour))
    }

    private func changed(
        _ record: UnsafeMutablePointer<LaneRecord>, _ fact: Fact, isFirst: Bool, _ share: Int32, _ position: Int32,
        _ call: FlushCall
    ) {
        let slot = record.pointee.slot
        let state = players.state(slot)
        let rules = rules(of: state.pointee.key.huntID)
        if state.pointee.row < 0 {
            state.pointee.row = Int32(call.scores.count)
            call.scores.append(
                ScoreRow(
                    key: state.pointee.key, tally: state.pointee.tally, version: 0, factsSeq: 0, isVisible: false,
                    slot: slot, before: state.pointee.tally, share: share, record: position))
        } else {
            call.scores[Int(state.pointee.row)].share = share
            call.scores[Int(state.pointee.row)].record = position
        }
        call.facts.append(
            FactRow(
                isNew: isFirst, score: 0, checkpointID: rules.checkpointID(at: fact.checkpoint), share: share,
                record: position, slot: slot))
        if state.pointee.needsTally { return }
        if isFirst, let tally = rules.tally(state.pointee.tally, addingFirst: fact) {
            state.pointee.tally = tally
        } else {
            state.pointee.needsTally = true
        }
    }

    private func rules(of huntID: Int32) -> HuntRules {
        guard let rules = book.hunt(id: huntID) else { preconditionFailure("an accepted scan of no hunt") }
        return rules
    }

    private func tallyChanged(_ call: FlushCall) {
        for position in call.scores.indices {
            let state = players.state(call.scores[position].slot)
            if state.pointee.needsTally {
                state.pointee.tally = rules(of: state.pointee.key.huntID)
                    .tally(state.pointee.factBuffer, scratch: &scratch)
                state.pointee.needsTally = false
            }
            let isVisible = state.pointee.tally != call.scores[position].before
            state.pointee.factsSeq += 1
            if isVisible { state.pointee.version += 1 }
            call.scores[position].tally = state.pointee.tally
            call.scores[position].version = state.pointee.version
            call.scores[position].factsSeq = state.pointee.factsSeq
            call.scores[position].isVisible = isVisible
        }
    }

    // MARK: End

    /// The call committed: its players are free, and what they became is to be told.
    ///
    /// - Parameter committedAt: epoch milliseconds of the commit.
    /// - Returns: what changed for the world to see, and what an earlier owner perhaps did not tell.
    func finish(_ call: FlushCall, committedAt: Int64, batch: UInt32) -> [PublishItem] {
        var items: [PublishItem] = []
        items.reserveCapacity(call.scores.count + call.replayed.count)
        for score in call.scores {
            let state = players.state(score.slot)
            state.pointee.row = -1
            if score.isVisible { state.pointee.committedAt = committedAt }
            state.pointee.provenAtMs = call.sentAtMs
            let isTold = score.isVisible || state.pointee.isReplayed
            state.pointee.isReplayed = false
            // Version 0 was never visible to anybody.
            if !isTold || state.pointee.version == 0 { continue }
            let record = call.shares[Int(score.share)].segment[Int(score.record)]
            items.append(
                state.pointee.item(
                    partition: call.shares[Int(score.share)].partition, offset: record.offset,
                    receivedAt: record.receivedAt, batch: batch))
        }
        for slot in call.replayed {
            let state = players.state(slot)
            if !state.pointee.isReplayed { continue }
            state.pointee.isReplayed = false
            if state.pointee.version == 0 { continue }
            items.append(state.pointee.item(partition: state.pointee.home, offset: -1, receivedAt: -1, batch: batch))
        }
        release(call)
        return items
    }

    /// The call did not commit: what it changed is forgotten and will be read again.
    func abandon(_ call: FlushCall) {
        for score in call.scores {
            players.state(score.slot).pointee.row = -1
            players.forget(score.slot)
        }
        for slot in call.replayed { players.state(slot).pointee.isReplayed = false }
        for refusal in call.refusals where refusal.isKept {
            quota.giveBack(
                refusal.reason, partition: call.shares[Int(refusal.share)].partition, hour: refusal.hour)
        }
        release(call)
    }

    private func release(_ call: FlushCall) {
        for slot in call.players where players.state(slot).pointee.call == call.id {
            players.state(slot).pointee.call = 0
        }
    }
}
