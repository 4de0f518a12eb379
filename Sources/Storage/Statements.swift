import PostgresClient

/// The statements that a worker runs again and again, prepared once per connection.
enum Statements {
    static let takeLease = PreparedStatement(
        name: "take_lease", sql: "select * from cairn.take_lease($1, $2, $3, $4, $5)")

    static let loadPlayers = PreparedStatement(
        name: "load_players", sql: "select * from cairn.load_players($1, $2)")

    static let flush = PreparedStatement(
        name: "flush",
        sql: "select cairn.flush(" + (1...39).map { "$\($0)" }.joined(separator: ", ") + ")")
}
