import FlowCore
import HuntCore
import PostgresClient
import Reactor

/// The truth behind FlowCore's port: leases, definitions, players and flushes in Postgres.
@Reactor
public final class PostgresLedger: @Reactor Ledger {
    /// A flush that takes longer than this is given up: its outcome is then learnt from the leases. Milliseconds.
    public static let flushDeadlineMs: Int64 = 60_000

    private let pool: PostgresPool
    private let topic: String
    private let group: String
    /// How this worker is called in the lease table.
    public let owner: String
    private let definitions: DefinitionStore
    /// Buffers of calls that have ended, for the next ones.
    private var spare: [PostgresParameters] = []
    /// A flush committed or was refused after this many seconds.
    public var onFlush: (_ seconds: Double) -> Void = { _ in }

    public init(pool: PostgresPool, topic: String, group: String, owner: String) {
        self.pool = pool
        self.topic = topic
        self.group = group
        self.owner = owner
        definitions = DefinitionStore(pool: pool)
    }

    public func takeLeases(
        _ requests: [LeaseRequest], reply: @escaping (Result<[Lease], TransientTrouble>) -> Void
    ) {
        Reactor.task { [self] in
            do throws(PostgresError) {
                reply(.success(try await takeLeases(requests)))
            } catch {
                reply(.failure(TransientTrouble(error.description)))
            }
        }
    }

    private func takeLeases(_ requests: [LeaseRequest]) async throws(PostgresError) -> [Lease] {
        let parameters = PostgresParameters()
        parameters.append(text: topic)
        parameters.append(text: group)
        parameters.append(text: owner)
        parameters.append(int32s: requests.map(\.partition))
        parameters.append(int64s: requests.map(\.logStart))
        let rows = try await pool.with { connection throws(PostgresError) in
            try await connection.query(Statements.takeLease, parameters, deadlineMs: Self.flushDeadlineMs)
        }
        return (0..<rows.count).map { row in
            Lease(
                partition: rows.int32(row, 0), epoch: rows.int64(row, 1), nextOffset: rows.int64(row, 2),
                publishedOffset: rows.int64(row, 3), previousOwner: rows.isNull(row, 4) ? nil : rows.text(row, 4))
        }
    }

    public func loadDefinitions(reply: @escaping (Result<RuleBook, TransientTrouble>) -> Void) {
        Reactor.task { [self] in
            do throws(PostgresError) {
                reply(.success(try await definitions.ruleBook()))
            } catch {
                reply(.failure(TransientTrouble(error.description)))
            }
        }
    }

    // MARK: Players

    public func loadPlayers(
        _ keys: [PlayerKey], reply: @escaping (Result<[LoadedPlayer], TransientTrouble>) -> Void
    ) {
        Reactor.task { [self] in
            do throws(PostgresError) {
                reply(.success(try await loadPlayers(keys)))
            } catch {
                reply(.failure(TransientTrouble(error.description)))
            }
        }
    }

    private func loadPlayers(_ keys: [PlayerKey]) async throws(PostgresError) -> [LoadedPlayer] {
        let parameters = takeParameters()
        defer { giveBack(parameters) }
        parameters.append(int32s: keys.lazy.map(\.huntID))
        parameters.beginArray(.text, expecting: keys.count)
        for key in keys { key.withBytes { parameters.appendElement($0) } }
        parameters.endArray()
        let rows = try await pool.with { connection throws(PostgresError) in
            try await connection.query(Statements.loadPlayers, parameters, deadlineMs: Self.flushDeadlineMs)
        }
        return (0..<rows.count).map { Self.player(rows, $0) }
    }

    private static func player(_ rows: PostgresRows, _ row: Int) -> LoadedPlayer {
        let checkpoints = BinaryArray(rows.isNull(row, 7) ? nil : rows.bytes(row, 7))
        let scanned = BinaryArray(rows.isNull(row, 8) ? nil : rows.bytes(row, 8))
        let partitions = BinaryArray(rows.isNull(row, 9) ? nil : rows.bytes(row, 9))
        var facts: [LoadedFact] = []
        facts.reserveCapacity(checkpoints.count)
        for position in 0..<checkpoints.count {
            facts.append(
                LoadedFact(
                    checkpointID: checkpoints.int32(position), scannedAt: scanned.timestampMs(position),
                    partition: partitions.int32(position)))
        }
        let tally = Tally(
            score: rows.int64(row, 1), unlocks: rows.int32(row, 2),
            reachedAt: rows.isNull(row, 3) ? -1 : rows.timestampMs(row, 3))
        return LoadedPlayer(
            position: Int(rows.int64(row, 0)) - 1, tally: tally, version: rows.int64(row, 4),
            factsSeq: rows.int64(row, 5), committedAt: rows.timestampMs(row, 6), facts: facts)
    }

    // MARK: Flush

    public func flush(_ call: FlushCall, reply: @escaping (Result<Int64, FlushTrouble>) -> Void) {
        let parameters = takeParameters()
        parameters.append(call, topic: topic, group: group)
        let startedNs = Clock.monotonicNs()
        Reactor.task { [self] in
            do throws(PostgresError) {
                let rows = try await pool.with { connection throws(PostgresError) in
                    try await connection.query(Statements.flush, parameters, deadlineMs: Self.flushDeadlineMs)
                }
                onFlush(Double(Clock.monotonicNs() - startedNs) / 1e9)
                giveBack(parameters)
                reply(.success(rows.timestampMs(0, 0)))
            } catch {
                giveBack(parameters)
                reply(.failure(FlushTrouble(error)))
            }
        }
    }

    private func takeParameters() -> PostgresParameters { spare.popLast() ?? PostgresParameters() }

    private func giveBack(_ parameters: PostgresParameters) {
        parameters.removeAll()
        if spare.count < 4 { spare.append(parameters) }
    }
}

extension FlushTrouble {
    /// What the worker does about an error of `cairn.flush`.
    init(_ error: PostgresError) {
        switch error {
        case .unreachable, .poolTimeout:
            self = .unavailable(TransientTrouble(error.description))
        case .outcomeUnknown:
            self = .outcomeUnknown(TransientTrouble(error.description))
        case .conflict:
            self = .conflict
        case .raised(let state, _, let detail, _):
            self = Self.of(state, detail ?? "", TransientTrouble(error.description))
        }
    }

    private static func of(_ state: SQLState, _ detail: String, _ trouble: TransientTrouble) -> FlushTrouble {
        switch state {
        case "CA001": return .leaseLost(detail.split(separator: ",").compactMap { Int32($0) })
        case "CA002": return .playersChanged(Int(detail) ?? 1)
        case "CA003": return .definitionsChanged
        default: break
        }
        if state.isDataFault { return .rejected(state.text) }
        // A server that ends our session (57, 08, 58) may do so between commit and reply.
        if ["57", "08", "58"].contains(state.group) { return .outcomeUnknown(trouble) }
        return .unavailable(trouble)
    }
}
