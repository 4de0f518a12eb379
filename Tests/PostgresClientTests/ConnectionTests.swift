import Foundation
import Reactor
import Synchronization
import Testing

@testable import PostgresClient

@Reactor
@Suite(.serialized) struct ConnectionTests {
    @Test("a statement is prepared once on a connection and remembers its types")
    func preparedStatements() async throws {
        try await withConnection { connection in
            let statement = PreparedStatement(name: "add", sql: "select $1 + $2, pg_backend_pid()")
            let parameters = PostgresParameters()
            for round: Int64 in 0..<20 {
                parameters.removeAll()
                parameters.append(int64: round)
                parameters.append(int64: 1)
                let rows = try await connection.query(statement, parameters)
                #expect(rows.int64(0, 0) == round + 1)
                #expect(rows.int32(0, 1) == connection.backendPID)
            }
            let listed = try await connection.query("select count(*) from pg_prepared_statements where name = 'add'")
            #expect(listed.int64(0, 0) == 1)
        }
    }

    @Test("a statement that somebody dropped is an error, and the connection is not lent again")
    func droppedStatement() async throws {
        try await withConnection { connection in
            let statement = PreparedStatement(name: "one", sql: "select 1")
            _ = try await connection.query(statement)
            try await connection.script("deallocate all")
            let error = try await failure { () throws(PostgresError) in _ = try await connection.query(statement) }
            guard case .raised(.invalidStatementName, _, _, _) = error else { throw error }
            #expect(!connection.isReusable && !connection.isBroken)
        }
    }

    @Test("a statement that cannot be prepared may be corrected and tried again")
    func unpreparable() async throws {
        try await withConnection { connection in
            let wrong = PreparedStatement(name: "p", sql: "select nothing from nowhere")
            let error = try await failure { () throws(PostgresError) in _ = try await connection.query(wrong) }
            guard case .raised(.unknownTable, _, _, _) = error else { throw error }
            let right = PreparedStatement(name: "p", sql: "select 5")
            #expect(try await connection.query(right).int64(0, 0) == 5)
        }
    }

    @Test("notices go to their handler")
    func notices() async throws {
        let server = try await PostgresServer.shared.value
        let seen = Mutex<[PostgresNotice]>([])
        let connection = try await PostgresConnection.open(server.url) { notice in
            seen.withLock { $0.append(notice) }
        }
        try await connection.script("do $$ begin raise warning 'disk\nnearly full' using errcode = 'CA009'; end $$")
        connection.close()
        let notices = seen.withLock { $0 }
        #expect(notices.count == 1)
        #expect(notices.first?.message == "disk; nearly full" && notices.first?.severity == "WARNING")
        #expect(notices.first?.state == "CA009")
    }

    @Test("a backend that dies in the middle of a statement leaves the outcome unknown")
    func killedBackend() async throws {
        try await withConnection { victim in
            try await withConnection { killer in
                let error = try await failure { () throws(PostgresError) in
                    Reactor.schedule(afterMs: 100) { kill(victim.backendPID, SIGTERM) }
                    _ = try await victim.query("select pg_sleep(20)")
                }
                guard case .outcomeUnknown(let reason) = error else { throw error }
                #expect(reason.contains("127.0.0.1:") && reason.contains("terminating connection"))
                #expect(victim.isBroken)
                let next = try await failure { () throws(PostgresError) in _ = try await victim.query("select 1") }
                guard case .unreachable = next else { throw next }
                #expect(try await killer.query("select 1").int64(0, 0) == 1)
            }
        }
    }

    @Test("a backend that dies between rows and commit leaves the outcome unknown, not a success")
    func killedAtCommit() async throws {
        try await withConnection { victim in
            try await withConnection { other in
                try await other.script(
                    """
                    create table if not exists at_commit (id int);
                    create or replace function slow_commit() returns trigger language plpgsql as $$
                    begin perform pg_sleep(20); return null; end $$;
                    drop trigger if exists slow on at_commit;
                    create constraint trigger slow after insert on at_commit deferrable initially deferred
                        for each row execute function slow_commit()
                    """)
                let error = try await failure { () throws(PostgresError) in
                    Reactor.schedule(afterMs: 200) { kill(victim.backendPID, SIGTERM) }
                    _ = try await victim.query("insert into at_commit values (1) returning id")
                }
                guard case .outcomeUnknown = error else { throw error }
                #expect(try await other.query("select count(*) from at_commit").int64(0, 0) == 0)
            }
        }
    }

    @Test("a statement that misses its deadline breaks the connection")
    func deadline() async throws {
        try await withConnection { connection in
            for _ in 0..<20 { _ = try await connection.query("select 1", deadlineMs: 5_000) }
            let start = Clock.monotonicMs()
            let error = try await failure { () throws(PostgresError) in
                _ = try await connection.query("select pg_sleep(20)", deadlineMs: 150)
            }
            guard case .outcomeUnknown(let reason) = error else { throw error }
            #expect(reason.contains("deadline"))
            #expect((140...10_000).contains(Clock.monotonicMs() - start))
            #expect(connection.isBroken)
        }
    }

    @Test("a deadline that was met does not end a later call without one")
    func metDeadline() async throws {
        try await withConnection { connection in
            _ = try await connection.query("select 1", deadlineMs: 3_000)
            #expect(try await connection.query("select 2 from pg_sleep(3.1)").int64(0, 0) == 2)
            _ = try await connection.query("select 1", deadlineMs: 10_000)
            let error = try await failure { () throws(PostgresError) in
                _ = try await connection.query("select pg_sleep(20)", deadlineMs: 100)
            }
            guard case .outcomeUnknown = error else { throw error }
        }
    }

    @Test("a server that stops reading for a while gets the rest of a large statement later")
    func slowReader() async throws {
        try await withConnection { connection in
            let parameters = PostgresParameters()
            parameters.append(int64s: 0..<2_000_000)
            kill(connection.backendPID, SIGSTOP)
            Reactor.schedule(afterMs: 200) { kill(connection.backendPID, SIGCONT) }
            let rows = try await connection.query("select cardinality($1)", parameters, deadlineMs: 30_000)
            #expect(rows.int64(0, 0) == 2_000_000)
        }
    }

    @Test("a server that stops reading for good is given up at the deadline, in the middle of sending")
    func stoppedReader() async throws {
        try await withConnection { connection in
            let parameters = PostgresParameters()
            parameters.append(int64s: 0..<2_000_000)
            kill(connection.backendPID, SIGSTOP)
            let error = try await failure { () throws(PostgresError) in
                _ = try await connection.query("select cardinality($1)", parameters, deadlineMs: 200)
            }
            guard case .outcomeUnknown = error else { throw error }
            kill(connection.backendPID, SIGCONT)
        }
    }

    @Test("closing ends a call under way as unknown, and a second time does nothing")
    func closing() async throws {
        try await withConnection { connection in
            let error = try await failure { () throws(PostgresError) in
                Reactor.schedule(afterMs: 50) { connection.close() }
                _ = try await connection.query("select pg_sleep(20)")
            }
            guard case .outcomeUnknown = error else { throw error }
            connection.close()
        }
    }

    @Test("a server that takes connections and says nothing is given up in time, and the next host is tried")
    func silentServer() async throws {
        let server = try await PostgresServer.shared.value
        let silent = try #require(SilentPort())
        let start = Clock.monotonicMs()
        let error = try await failure { () throws(PostgresError) in
            try await PostgresConnection.open("postgres://cairn@127.0.0.1:\(silent.port)/x", timeoutMs: 200).close()
        }
        guard case .unreachable(let reason) = error else { throw error }
        #expect(reason.contains("no answer"))
        #expect((190...10_000).contains(Clock.monotonicMs() - start))
        // The silent port's backlog is one connection: full, it answers no SYN, like a machine that is gone.
        silent.fill()
        let url = "postgres://cairn@127.0.0.1:\(silent.port),127.0.0.1:\(server.port)/postgres"
        let connection = try await PostgresConnection.open(url, timeoutMs: 300)
        #expect(try await connection.query("select 1").int64(0, 0) == 1)
        connection.close()
    }

    @Test("the URL's options win over cairn's")
    func options() async throws {
        let server = try await PostgresServer.shared.value
        let connection = try await PostgresConnection.open(
            server.url + "?application_name=mine&tcp_user_timeout=7000&client_encoding=latin1")
        let rows = try await connection.query(
            "select current_setting('application_name'), current_setting('client_encoding'), 'ä' as umlaut")
        #expect(rows.text(0, 0) == "mine" && rows.text(0, 1) == "UTF8" && rows.text(0, 2) == "ä")
        connection.close()
        #expect(PostgresLibrary.version >= 140_000)
    }
}

/// A port that takes connections into its backlog and never answers.
private final class SilentPort {
    let port: Int
    private var descriptors: [Int32] = []

    init?() {
        guard let port = try? PostgresServer.freePort() else { return nil }
        self.port = port
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        descriptors = [listener]
        if withAddress({ bind(listener, $0, $1) }) != 0 || listen(listener, 0) != 0 { return nil }
    }

    deinit { for descriptor in descriptors { close(descriptor) } }

    /// Takes every place in the backlog.
    func fill() {
        for _ in 0..<4 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            _ = withAddress { connect(client, $0, $1) }
            descriptors.append(client)
        }
    }

    private func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = in_port_t(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
