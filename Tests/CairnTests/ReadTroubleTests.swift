import PostgresClient
import ReadAPI
import Testing

@testable import cairn

@Suite("what a read makes of Postgres' trouble")
struct ReadTroubleTests {
    private static func raised(_ state: SQLState) -> PostgresError {
        .raised(state, message: "words", detail: nil, constraint: nil)
    }

    @Test(
        "a server that is away, slow, full or damaged speaks against itself: another one may be asked",
        arguments: [
            .unreachable(reason: "refused"), .outcomeUnknown(reason: "lost"), .conflict(.serializationFailure),
            .poolTimeout(waitedMs: 2_000, reason: "all lent"), raised(.queryCanceled), raised(.startingUp),
            raised(.tooManyConnections), raised(.diskFull), raised(.internalError), raised("XX001"),
        ] as [PostgresError])
    func transient(_ error: PostgresError) { #expect(ReadTrouble(error) == .transient(error.description)) }

    @Test(
        "a question that no server would answer is refused",
        arguments: [raised(.unknownTable), raised(.insufficientPrivilege), raised(.invalidText)])
    func refused(_ error: PostgresError) { #expect(ReadTrouble(error) == .refused(error.description)) }
}
