import Testing

@testable import PostgresClient

@Suite struct SQLStateTests {
    @Test("a state is five digits or capitals and keeps them")
    func roundTrip() {
        for text in ["CA001", "40P01", "00000", "ZZZZZ"] { #expect(SQLState(text)?.text == text) }
        #expect(SQLState.deadlockDetected == "40P01" && SQLState.deadlockDetected.description == "40P01")
        for text in ["", "4000", "400011", "40p01", "40 01", "40é1"] { #expect(SQLState(text) == nil) }
    }

    @Test("states are classified by what to do about them")
    func classes() {
        for state: SQLState in ["22P02", "22021", "23505", "23514"] {
            #expect(state.isDataFault && !state.isTransient && !state.isConflict)
        }
        for state: SQLState in ["57P01", "57P02", "57P03", "53100", "53300", "25006", "55P03", "08006", "58030"] {
            #expect(state.isTransient && !state.isDataFault && !state.isConflict)
        }
        for state: SQLState in ["40001", "40P01"] { #expect(state.isConflict && !state.isTransient) }
        for state: SQLState in ["CA001", "42P01", "42501", "40002"] {
            #expect(!state.isConflict && !state.isTransient && !state.isDataFault)
        }
    }

    @Test("an error is one line with the remedy")
    func descriptions() {
        let full = PostgresError.raised(
            .diskFull, message: "could not extend file\n\"base/1\"", detail: "No space left", constraint: nil)
        #expect(!full.description.contains("\n"))
        #expect(full.description.contains("53100"))
        #expect(full.description.contains("free disk space"))
        let unique = PostgresError.raised(.uniqueViolation, message: "duplicate", detail: nil, constraint: "score_pkey")
        #expect(unique.description.contains("score_pkey"))
        #expect(PostgresError.conflict(.deadlockDetected).description.contains("run it again"))
    }
}

@Suite struct PostgresAddressTests {
    @Test("an address shows host, port, database and user, and never the password")
    func description() throws {
        let address = try PostgresAddress("postgres://anna:geheim@db.example:6432/hunts?sslmode=require")
        #expect(address.description == "db.example:6432/hunts as anna")
        #expect(try PostgresAddress("host=a,b port=1,2 user=u password=geheim").description == "a,b:1,2/u as u")
    }

    @Test("a URL that cannot be read is an error that keeps the password to itself")
    func unreadable() {
        for url in ["postgres://anna:ge%zzheim@db/x", "geheim", "postgres://anna:geheim@db:1/x?geheim=1", "a='geheim"] {
            do {
                let address = try PostgresAddress(url)
                Issue.record("read as \(address)")
            } catch {
                #expect(error.description.contains("postgres.url"))
                #expect(!error.description.contains("heim"), "\(error)")
            }
        }
    }
}
