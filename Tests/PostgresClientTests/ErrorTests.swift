import Reactor
import Testing

@testable import PostgresClient

@Reactor
@Suite(.serialized) struct ErrorTests {
    private func raised(
        _ sql: String, _ connection: PostgresConnection
    ) async throws -> (state: SQLState, message: String, detail: String?, constraint: String?) {
        let error = try await failure { () throws(PostgresError) in _ = try await connection.query(sql) }
        guard case .raised(let state, let message, let detail, let constraint) = error else { throw error }
        return (state, message, detail, constraint)
    }

    @Test("the server's errors keep state, message, detail and constraint, and the connection goes on")
    func raisedErrors() async throws {
        try await withConnection { connection in
            let number = try await raised("select 'x'::int", connection)
            #expect(number.state == "22P02" && number.state.isDataFault)
            try await connection.script(
                "create temp table t (id int constraint t_key unique); insert into t values (1)")
            let duplicate = try await raised("insert into t values (1)", connection)
            #expect(duplicate.state == .uniqueViolation && duplicate.constraint == "t_key")
            #expect(duplicate.detail == "Key (id)=(1) already exists.")
            try await connection.script(
                """
                create function pg_temp.lost() returns void language plpgsql as $$
                begin raise exception 'lease lost' using errcode = 'CA001', detail = 'scans/3 epoch 7'; end $$
                """)
            let own = try await raised("select pg_temp.lost()", connection)
            #expect(own.state == "CA001" && own.message == "lease lost" && own.detail == "scans/3 epoch 7")
            #expect(try await connection.query("select 1").int64(0, 0) == 1)
            #expect(!connection.isBroken && connection.isReusable)
        }
    }

    @Test("an error of the commit is an error of the statement, although its rows came first")
    func errorAtCommit() async throws {
        try await withConnection { connection in
            try await connection.script(
                """
                create temp table parent (id int primary key);
                create temp table child (id int references parent deferrable initially deferred)
                """)
            let late = try await raised("insert into child values (1) returning id", connection)
            #expect(late.state == "23503")
            #expect(try await connection.query("select count(*) from child").int64(0, 0) == 0)
        }
    }

    @Test("a script stops at its first error and undoes all of it")
    func scripts() async throws {
        try await withConnection { connection in
            try await connection.script("create temp table s (id int)")
            let error = try await failure { () throws(PostgresError) in
                try await connection.script("insert into s values (1); select 1/0; insert into s values (2)")
            }
            guard case .raised("22012", _, _, _) = error else { throw error }
            #expect(try await connection.query("select count(*) from s").int64(0, 0) == 0)
            try await connection.script("")
            try await connection.script("begin; insert into s values (3); select * from s; commit")
            #expect(try await connection.query("select id from s").int64(0, 0) == 3)
            #expect(try await connection.query("update s set id = 4").affectedCount == 1)
        }
    }

    @Test("a COPY is refused in words and ends the connection", arguments: ["from stdin", "to stdout"])
    func copy(direction: String) async throws {
        try await withConnection { connection in
            try await connection.script("create temp table c (id int); insert into c values (1)")
            let error = try await failure { () throws(PostgresError) in
                try await connection.script("copy c \(direction)")
            }
            guard case .raised(.featureNotSupported, _, _, _) = error else { throw error }
            #expect(connection.isBroken)
        }
    }

    @Test("of two transactions in each other's way one is a conflict")
    func deadlock() async throws {
        let url = try await PostgresServer.shared.value.url
        let one = try await PostgresConnection.open(url)
        let two = try await PostgresConnection.open(url)
        for (connection, key) in [(one, 1), (two, 2)] {
            try await connection.script("begin; select pg_advisory_xact_lock(7701, \(key))")
        }
        async let first = outcome { () throws(PostgresError) in
            _ = try await one.query("select pg_advisory_xact_lock(7701, 2)")
            try await one.script("commit")
        }
        async let second = outcome { () throws(PostgresError) in
            _ = try await two.query("select pg_advisory_xact_lock(7701, 1)")
            try await two.script("commit")
        }
        let failures = await [first, second].compactMap { $0 }
        #expect(failures == [.conflict(.deadlockDetected)])
        #expect(one.isReusable != two.isReusable)
        one.close()
        two.close()
    }

    private func outcome(_ body: @Reactor () async throws(PostgresError) -> Void) async -> PostgresError? {
        do { try await body() } catch { return error }
        return nil
    }

    @Test("what keeps a connection from opening is named with address and remedy, never with the password")
    func unreachable() async throws {
        let server = try await PostgresServer.shared.value
        try await withConnection { connection in
            try await connection.script(
                """
                do $$ begin
                    if to_regrole('locked') is null then
                        create role locked login password 'geheim' connection limit 0;
                    end if;
                end $$
                """)
        }
        let nobody = try PostgresServer.freePort()
        let cases: [(url: String, words: [String])] = [
            ("postgres://locked:falsch@127.0.0.1:\(server.port)/postgres", ["28P01", "check user and password"]),
            ("postgres://locked@127.0.0.1:\(server.port)/postgres", ["password", "postgres.url"]),
            ("postgres://locked:geheim@127.0.0.1:\(server.port)/postgres", ["53300", "postgres.pool.max"]),
            ("postgres://cairn@127.0.0.1:\(server.port)/missing", ["3D000", "create the database", "/missing"]),
            ("postgres://stranger@127.0.0.1:\(server.port)/postgres", ["28000", "as stranger"]),
            ("postgres://cairn@127.0.0.1:\(nobody)/postgres", ["127.0.0.1:\(nobody)", "refused", "server runs"]),
            ("postgres://cairn@no-such-host.invalid/postgres", ["no-such-host.invalid", "postgres.url"]),
            ("postgres://cairn:geheim@127.0.0.1/x?nonsense=1", ["postgres.url"]),
        ]
        for (url, words) in cases {
            let error = try await failure { () throws(PostgresError) in
                try await PostgresConnection.open(url, timeoutMs: 2_000).close()
            }
            guard case .unreachable(let reason) = error else { throw error }
            for word in words { #expect(reason.contains(word), "\(reason)") }
            #expect(!reason.contains("geheim") && !reason.contains("falsch") && !reason.contains("LOCATION"))
            #expect(!error.description.contains("\n"))
        }
    }
}
