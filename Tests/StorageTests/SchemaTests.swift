import PostgresClient
import Reactor
import Storage
import Testing

extension RealServices {
    /// Section 5 of contracts.md, as the migrated database has it.
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct SchemaTests {
        private static let columns = [
            "definitions": "generation",
            "first_scan": """
            hunt_id player checkpoint_id scanned_at event_id reader source_partition source_offset recorded_at
            """,
            "score": "hunt_id player score unlocks reached_at version facts_seq updated_at",
            "refused_scan": "topic partition offset reason detail value received_at hour",
            "refused_count": "reason hour count",
            "partition_lease": """
            topic partition consumer_group epoch owner next_offset published_offset first_scans earlier_scans \
            repeats refusals updated_at
            """,
            "schema_migration": "version name checksum applied_at",
            "hunt": "rules_version", "checkpoint": "hunt_id", "trail": "hunt_id",
        ]

        @Test("tables, functions and views have the names and columns of the contract")
        func names() async throws {
            try await TestDatabase.with { database async throws in
                for (table, columns) in Self.columns.sorted(by: { $0.key < $1.key }) {
                    let rows = try await database.rows(
                        """
                        select column_name::text from information_schema.columns
                        where table_schema = 'cairn' and table_name = '\(table)'
                        """)
                    let found = Set((0..<rows.count).map { rows.text($0, 0) })
                    let missing = columns.split(whereSeparator: \.isWhitespace).filter { !found.contains(String($0)) }
                    #expect(missing.isEmpty && !found.isEmpty, "\(table) lacks \(missing)")
                }
                func view(_ name: String) async throws(PostgresError) -> [String] {
                    try await database.rows("select * from cairn.\(name)").columnNames
                }
                #expect(try await view("standings") == ["hunt", "rank", "player", "score", "unlocks", "reached_at"])
                #expect(try await view("refusals") == ["reason", "count", "latest"])
                #expect(
                    try await database.number(
                        """
                        select count(distinct proname) from pg_proc
                        where pronamespace = 'cairn'::regnamespace and proname in ('take_lease', 'flush')
                        """) == 2)
            }
        }

        @Test("keys are those of the contract, text compares by bytes, times are timestamptz and counts bigint")
        func types() async throws {
            try await TestDatabase.with { database async throws in
                let keys = try await database.text(
                    """
                    select pg_get_constraintdef(oid) from pg_constraint
                    where contype = 'p' and conrelid in ('cairn.first_scan'::regclass, 'cairn.score'::regclass)
                    order by length(pg_get_constraintdef(oid))
                    """)
                #expect(
                    keys == #"("PRIMARY KEY (hunt_id, player)") ("PRIMARY KEY (hunt_id, player, checkpoint_id)")"#)
                #expect(
                    try await database.text(
                        """
                        select table_name || '.' || column_name from information_schema.columns c
                        join information_schema.tables t using (table_schema, table_name)
                        where table_schema = 'cairn' and table_type = 'BASE TABLE'
                            and data_type in ('text', 'character varying') and collation_name is distinct from 'C'
                        """) == "")
                #expect(
                    try await database.text(
                        """
                        select table_name || '.' || column_name from information_schema.columns
                        where table_schema = 'cairn' and data_type in ('timestamp without time zone', 'date')
                        """) == "")
                #expect(
                    try await database.number(
                        """
                        select count(*) from information_schema.columns
                        where table_schema = 'cairn' and data_type = 'bigint' and (table_name, column_name) in (
                            ('score', 'score'), ('score', 'version'), ('score', 'facts_seq'),
                            ('refused_count', 'count'), ('partition_lease', 'first_scans'),
                            ('partition_lease', 'earlier_scans'), ('partition_lease', 'repeats'),
                            ('partition_lease', 'refusals'), ('definitions', 'generation'))
                        """) == 9)
            }
        }

        @Test(
            "a value past its length or range is refused by Postgres itself",
            arguments: [
                "score (hunt_id, player, score, unlocks, version, facts_seq, updated_at) "
                    + "values (1, repeat('p', 65), 0, 0, 0, 1, now())",
                "score (hunt_id, player, score, unlocks, version, facts_seq, updated_at) "
                    + "values (1, 'p', 1, 1, 0, 1, now())",
                "score (hunt_id, player, score, unlocks, version, facts_seq, updated_at) "
                    + "values (1, 'p', 0, -1, 0, 1, now())",
                "first_scan (hunt_id, player, checkpoint_id, scanned_at, event_id, source_partition, source_offset) "
                    + "values (1, 'p', 1, now(), repeat('e', 65), 0, 0)",
                "refused_scan (topic, partition, \"offset\", reason, detail, hour) "
                    + "values ('t', 0, 0, 'malformed', repeat('d', 201), now())",
                "refused_scan (topic, partition, \"offset\", reason, detail, value, hour) "
                    + "values ('t', 0, 0, 'malformed', '', convert_to(repeat('v', 1025), 'UTF8'), now())",
                "refused_count (reason, hour, count) values ('malformed', now(), -1)",
            ])
        func bounds(_ row: String) async throws {
            try await TestDatabase.with { database async throws in
                #expect(try await database.refusal(of: "insert into cairn.\(row)")?.state == "23514")
            }
        }

        @Test("refused scans and their counts are deleted once they are older than refused.keep, others stay")
        func purge() async throws {
            try await TestDatabase.with { database async throws in
                let day: Int64 = 86_400_000
                try await database.run(
                    """
                    insert into cairn.refused_scan (topic, partition, "offset", reason, detail, hour)
                    select 'scans', 0, n, 'malformed', '', to_timestamp(\(opening / 1000)) - n * interval '1 day'
                    from generate_series(0, 60) n;
                    insert into cairn.refused_count (reason, hour, count)
                    select 'malformed', to_timestamp(\(opening / 1000)) - n * interval '1 day', 5
                    from generate_series(0, 60) n
                    """)
                let purge = RefusedPurge(pool: database.pool, keepMs: 30 * day)
                _ = try await purge.purge(nowMs: opening)
                let oldest = "select (extract(epoch from min(hour)) * 1000)::bigint from"
                for table in ["cairn.refused_scan", "cairn.refused_count"] {
                    let left = try await database.number("select count(*) from \(table)")
                    #expect((30...31).contains(left), "\(table): \(left)")
                    #expect(try await database.number("\(oldest) \(table)") >= opening - 30 * day)
                }
            }
        }
    }
}
