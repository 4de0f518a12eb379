import FlowCore
import Logging
import Reactor

/// What the feed does not bring is read from Postgres: the rows written lately, or everything.
extension Follower {
    /// Loadings take at most a fifth of the time.
    private static let restPerLoad: Int64 = 4
    /// A row carries the time at which its transaction began to write it. One that committed later than this after it is
    /// found by its version missing from the sum, and everything is read then.
    private static let sinceMarginMs: Int64 = 15_000

    func load(_ reason: CutMachine.Reason) {
        if isLoading || Clock.monotonicMs() < loadAgainAtMs { return }
        isLoading = true
        Reactor.task { [self] in
            let startedMs = Clock.monotonicMs()
            do throws(TransientTrouble) {
                try await load(extent(reason), reason)
                report.lastLoadMs = Clock.monotonicMs() - startedMs
                loadAgainAtMs = Clock.monotonicMs() + max(times.patienceMs, Self.restPerLoad * report.lastLoadMs)
            } catch {
                loadAgainAtMs = Clock.monotonicMs() + times.retryMs
                troubled(error)
            }
            isLoading = false
            if mustPoll { readFeed() }
        }
    }

    private func extent(_ reason: CutMachine.Reason) -> LoadExtent {
        guard let base = machine.base, reason != .mismatch, reason != .wentBack else { return .all }
        var known: [Int32: Int64] = [:]
        for slug in store.slugs { store.read(slug) { known[$0.hunt.huntID] = $0.hunt.erasures } }
        return .changes(since: base.asOf - Self.sinceMarginMs, known: known)
    }

    private func load(_ extent: LoadExtent, _ reason: CutMachine.Reason) async throws(TransientTrouble) {
        let load = try await origin.load(extent) { BoardLoad($0, seed: seed) }
        if isStopped { return }
        let cut = load.head.cut
        let isGoingOn = if case .changes = extent { true } else { false }
        // A replica that is behind must not take the boards back.
        if isGoingOn, let base = machine.base, cut.asOf < base.asOf {
            throw TransientTrouble("the replica that was asked is behind the boards")
        }
        let grown = load.show(in: store)
        let base = machine.base
        machine.show(cut)
        report.loads[reason.rawValue, default: 0] += 1
        report.loadedRows += load.rows
        distrust = isGoingOn ? mistrusted(grown, from: base, to: cut) : nil
        logger.log(
            level: reason == .missing || reason == .upkeep ? .debug : .info, "scores were read from Postgres",
            metadata: [
                "reason": "\(reason)", "rows": "\(load.rows)", "hunts": "\(load.head.hunts.count)",
                "source": "\(load.head.source)",
            ])
        if load.unusable > 0 { logger.warning("\(load.unusable) score rows are such as no hunt can have") }
    }

    /// Whether rows written lately were all that had changed: then versions grew by what the leases count. Where
    /// commands changed scores, which leases do not count, everything is read once they are done.
    private func mistrusted(
        _ grown: Int64?, from base: CommittedCut?, to cut: CommittedCut
    ) -> CutMachine.Reason? {
        guard let base else { return nil }
        if base.isUnderUpkeep, !cut.isUnderUpkeep { return .mismatch }
        if cut.isUnderUpkeep || cut.generation != base.generation || cut.erasures != base.erasures { return nil }
        guard let grown else { return nil }
        return grown == cut.changes - base.changes ? nil : .mismatch
    }
}
