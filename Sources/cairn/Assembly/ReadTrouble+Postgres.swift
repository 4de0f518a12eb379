import PostgresClient
import ReadAPI

extension ReadTrouble {
    /// What a read makes of Postgres' trouble: whether it speaks against the server, or against the question.
    ///
    /// A read changes nothing, so an unknown outcome is no more than a lost answer. A statement that ran out of time
    /// (57014) found its rows by their keys, or should have: the server is slow. A corrupted table or index (class XX)
    /// is one server's own.
    init(_ error: PostgresError) {
        switch error {
        case .unreachable, .outcomeUnknown, .conflict, .poolTimeout: self = .transient(error.description)
        case .raised(let state, _, _, _) where state.isTransient || state.group == "XX":
            self = .transient(error.description)
        case .raised: self = .refused(error.description)
        }
    }
}
