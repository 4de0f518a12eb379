import HuntCore
import Reactor
import Simulation
import Testing

@testable import FlowCore

/// A ledger with one hunt and no leases, and a way to look into its tables past the port.
@Reactor
protocol LedgerStage: AnyObject {
    var patience: Patience { get }
    /// A worker's ledger, as that worker holds it.
    func ledger(_ owner: String) -> any Ledger
    /// A ledger whose server is away.
    func absentLedger() -> any Ledger
    func importHunt(_ definition: HuntDefinition) async throws
    /// `PLAYER CHECKPOINT MS EVENT READER PARTITION@OFFSET`, by player and checkpoint.
    func facts() async throws -> [String]
    /// `PARTITION: START NEXT PUBLISHED FIRST EARLIER REPEATS REFUSALS`, by partition.
    func leases() async throws -> [String]
    /// How many refused scans are kept, by `REASON PARTITION HOUR`; hours after the world began.
    func refusalsKept() async throws -> [String: Int]
    /// How many refused scans were counted, by `REASON HOUR`.
    func refusalsCounted() async throws -> [String: Int64]
    /// An event id that the server cannot store.
    var unstorableEvent: String { get }
    /// Sends a call, and cuts the connection before it commits.
    func flushCutOff(_ call: FlushCall) async throws -> Result<Int64, FlushTrouble>
    /// Sends a call that the server gives up for another's sake.
    func flushInConflict(_ call: FlushCall) async throws -> Result<Int64, FlushTrouble>
    /// What callers did that the engine never may; none can be told of a real server.
    var violations: [String] { get }
    func end() async
}

/// Runs a test on a ledger of its own.
@Reactor
func withLedger(_ implementation: Implementation, _ body: @Reactor (any LedgerStage) async throws -> Void) async throws
{
    let stage: any LedgerStage =
        switch implementation {
        case .fake: FakeLedgerStage()
        case .real: try await RealLedgerStage()
        }
    let result: Result<Void, any Error>
    do {
        try await stage.importHunt(Lisbon.hunt(6))
        result = .success(try await body(stage))
    } catch {
        result = .failure(error)
    }
    await stage.end()
    try result.get()
}

extension LedgerStage {
    func book(_ owner: String = "w1") async throws -> RuleBook {
        try await patience.reply { ledger(owner).loadDefinitions(reply: $0) }.get()
    }

    @discardableResult
    func take(_ partitions: [Int32], as owner: String = "w1", logStart: Int64 = 0) async throws -> [Lease] {
        let requests = partitions.map { LeaseRequest(partition: $0, logStart: logStart) }
        return try await patience.reply { ledger(owner).takeLeases(requests, reply: $0) }.get()
    }

    func call(_ draft: FlushDraft) async throws -> FlushCall {
        let book = try await book()
        return draft.call(huntID: try #require(book.hunts.first).huntID, generation: book.generation)
    }

    func flush(_ draft: FlushDraft) async throws -> Result<Int64, FlushTrouble> {
        let call = try await call(draft)
        return try await patience.reply { ledger("w1").flush(call, reply: $0) }
    }

    /// Why a call does not commit; nil when it does.
    func refusal(of draft: FlushDraft) async throws -> FlushTrouble? {
        guard case .failure(let trouble) = try await flush(draft) else { return nil }
        return trouble
    }

    func load(_ players: [String]) async throws -> [LoadedPlayer] {
        let huntID = try #require(try await book().hunts.first).huntID
        let keys = players.map { PlayerKey(huntID: huntID, name: $0) }
        return try await patience.reply { ledger("w1").loadPlayers(keys, reply: $0) }.get()
    }

    /// Everything there is, to be compared before and after.
    func everything() async throws -> [String] {
        let players = try await load(["anna", "bert"]).map {
            "\($0.position) \($0.tally) \($0.version) \($0.factsSeq) \($0.committedAt)"
        }
        let counted = try await refusalsCounted().map { "\($0.key): \($0.value)" }.sorted()
        let kept = try await refusalsKept().map { "\($0.key): \($0.value)" }.sorted()
        return try await facts() + leases() + players + counted + kept
    }
}
