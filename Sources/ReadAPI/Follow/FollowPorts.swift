import FlowCore
import HuntCore
import Reactor

/// Which scores to read.
public enum LoadExtent: Sendable {
    case all
    /// Those written since a time (epoch milliseconds), and all of hunts that are not among the known ones or have
    /// erased players since.
    ///
    /// - known: how often players were erased, by hunt.
    case changes(since: Int64, known: [Int32: Int64])
}

/// What a loading begins with.
public struct LoadHead: Sendable {
    public let cut: CommittedCut
    public let hunts: [BoardHunt]
    /// The hunts of which all rows follow.
    public let whole: Set<Int32>
    public let source: BoardSource

    public init(cut: CommittedCut, hunts: [BoardHunt], whole: Set<Int32>, source: BoardSource) {
        self.cut = cut
        self.hunts = hunts
        self.whole = whole
        self.source = source
    }
}

/// Where the truth is asked for: Postgres, behind its guards.
@Reactor
public protocol BoardOrigin: AnyObject {
    /// The state that the database is in.
    func cut() async throws(TransientTrouble) -> CommittedCut

    /// Reads scores as one snapshot has them.
    ///
    /// - Parameter begin: before any row; once more when the loading begins anew with another server.
    /// - Returns: what `begin` gave, with all rows.
    func load(_ extent: LoadExtent, begin: @Reactor (LoadHead) -> BoardLoad) async throws(TransientTrouble) -> BoardLoad
}

/// The feed of changes, from where it ended when it was opened.
@Reactor
public protocol ChangeFeed: AnyObject {
    /// Called when a poll may find something.
    var onReadable: (@Reactor () -> Void)? { get set }
    var isOpen: Bool { get }
    /// How often it could not go on where it had been.
    var gaps: Int { get }
    func open() async throws(TransientTrouble)
    /// Whether it has more partitions than are read: then it is to be closed and opened again.
    func hasGrown() async -> Bool
    /// Hands over at most `limit` records; never waits.
    ///
    /// - Returns: how many; as many as asked for when there may be more.
    func poll(limit: Int, _ body: (RawRecord) -> Void) -> Int
    func close() async
}
