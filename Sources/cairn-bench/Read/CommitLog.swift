import PostgresClient
import Reactor

/// Every change of `cairn.score` as Postgres' own log has it, in the order of the commits. The server keeps the log from
/// the opening on and nobody reads it before the load is over, so that following costs the measured machine nothing.
@Reactor
struct CommitLog {
    private let pool: PostgresPool
    private static let slot = "cairn_bench"
    /// Rows of one reading; a transaction is never cut.
    private static let changesPerCall = 50_000

    /// - Parameter pool: of a superuser, in cairn's database, with `wal_level` logical.
    static func open(_ pool: PostgresPool) async throws -> CommitLog {
        try await pool.with { connection throws(PostgresError) in
            try await connection.script("create publication \(slot) for table cairn.score")
            _ = try await connection.query(
                "select pg_create_logical_replication_slot('\(slot)', 'pgoutput')::text")
        }
        return CommitLog(pool: pool)
    }

    /// All commits since the opening that changed a score or a version.
    ///
    /// - Throws: `PostgresError`; `BenchFailure` for a log that tells what should not have happened.
    func read() async throws -> [Commit] {
        var assembly = CommitAssembly()
        while true {
            let rows = try await pool.with { connection throws(PostgresError) in
                try await connection.query(
                    """
                    select data from pg_logical_slot_get_binary_changes('\(Self.slot)', null, \(Self.changesPerCall),
                        'proto_version', '1', 'publication_names', '\(Self.slot)', 'binary', 'true')
                    """)
            }
            if rows.isEmpty { return assembly.commits }
            for row in 0..<rows.count { try assembly.add(rows.bytes(row, 0)) }
        }
    }

    /// Ends the server's keeping of its log.
    func close() async throws(PostgresError) {
        _ = try await pool.with { connection throws(PostgresError) in
            try await connection.query("select pg_drop_replication_slot('\(Self.slot)')::text")
        }
    }
}

/// Makes commits of messages.
struct CommitAssembly {
    private(set) var commits: [Commit] = []
    private var open: Commit?
    private var places: Places?

    /// Where the columns stand that matter.
    private struct Places {
        let player: Int
        let score: Int
        let unlocks: Int
        let reachedAt: Int
        let version: Int

        init?(_ names: [String]) {
            func place(_ name: String) -> Int? { names.firstIndex(of: name) }
            guard let player = place("player"), let score = place("score"), let unlocks = place("unlocks"),
                let reachedAt = place("reached_at"), let version = place("version")
            else { return nil }
            self.player = player
            self.score = score
            self.unlocks = unlocks
            self.reachedAt = reachedAt
            self.version = version
        }
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) throws(BenchFailure) {
        switch LogicalMessage(bytes) {
        case .begin(let transaction, let committedUs):
            open = Commit(transaction: transaction, committedUs: committedUs, changes: [])
        case .commit:
            if let open, !open.changes.isEmpty { commits.append(open) }
            open = nil
        case .columns(let names): places = Places(names)
        case .row(let values):
            guard let change = places.flatMap({ Self.change(values, $0) }) else {
                throw .failed("Postgres' log tells a score that the benchmark cannot read")
            }
            open?.changes.append(change)
        case .gone: throw .failed("scores were deleted while they were read")
        case .other: break
        case nil: throw .failed("Postgres' log tells something that the benchmark cannot read")
        }
    }

    private static func change(_ values: [[UInt8]?], _ places: Places) -> Commit.Change? {
        func number(_ place: Int) -> Int64? {
            values[place].map { $0.reduce(0) { $0 << 8 | Int64($1) } }
        }
        guard let name = values[places.player],
            let player = name.withUnsafeBytes({ ScanTemplate.player(ofName: $0) }),
            let score = number(places.score), let unlocks = number(places.unlocks), let version = number(places.version)
        else { return nil }
        let instant = number(places.reachedAt).map { ($0 + LogicalMessage.epochUs) / 1_000 }
        return Commit.Change(
            player: player,
            state: ScoreState(score: score, unlocks: unlocks, reachedAt: instant ?? -1, version: version))
    }
}
