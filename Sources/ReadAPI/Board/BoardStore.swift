import HuntCore
import OrderIndex
import Synchronization

/// A board while it is read: nothing changes meanwhile.
public struct BoardView {
    public let hunt: BoardHunt
    public let stamp: BoardStamp
    public let index: OrderIndex

    public var ranking: HuntDefinition.Ranking { hunt.definition.ranking }
}

/// The boards of all hunts, for any number of threads. A reader sees one committed state; a writer moves a board from
/// one committed state to the next as a whole.
///
/// Reading holds the board's lock, so a body is short: it copies what it needs and leaves.
public final class BoardStore: Sendable {
    private let boards = Mutex<[String: Board]?>(nil)

    public init() {}

    /// Whether the boards were loaded once. Before, nothing can be said about any hunt.
    public var isLoaded: Bool { boards.withLock { $0 != nil } }

    /// All hunts by slug; empty before they were loaded.
    public var slugs: [String] { boards.withLock { $0?.keys.sorted() ?? [] } }

    /// - Parameter body: must not call the store.
    /// - Returns: nil when there is no such hunt, or nothing was loaded yet.
    public func read<Value>(_ slug: String, _ body: (BoardView) throws -> Value) rethrows -> Value? {
        guard let board = board(slug) else { return nil }
        return try board.read(body)
    }

    func board(_ slug: String) -> Board? { boards.withLock { $0?[slug] } }

    /// Puts other boards in the place of all.
    func replace(_ boards: [Board]) {
        let bySlug = Dictionary(uniqueKeysWithValues: boards.map { ($0.slug, $0) })
        self.boards.withLock { $0 = bySlug }
    }
}

/// One hunt's board.
final class Board: Sendable {
    let slug: String
    let huntID: Int32
    private let state: Mutex<State>

    /// Unchecked: an order index may not cross threads by itself. This one is reached through the lock alone, which lends
    /// it to one thread at a time.
    struct State: @unchecked Sendable {
        var hunt: BoardHunt
        var stamp: BoardStamp
        var index: OrderIndex
    }

    /// - Parameter index: nobody else's.
    init(_ hunt: BoardHunt, _ stamp: BoardStamp, _ index: sending OrderIndex) {
        slug = hunt.slug
        huntID = hunt.huntID
        state = Mutex(State(hunt: hunt, stamp: stamp, index: index))
    }

    /// Moves to the next committed state.
    ///
    /// - Returns: by how much the board's version grew.
    func apply(_ changes: some Sequence<PlayerValue>, hunt: BoardHunt? = nil, asOf: Int64, source: BoardSource?)
        -> Int64
    {
        change { state in
            let before = state.stamp.version
            for value in changes {
                let known = state.index.value(of: value.player)?.version ?? 0
                if state.index.apply(value) == .applied { state.stamp.version += value.version - known }
            }
            if let hunt { state.hunt = hunt }
            if let source { state.stamp.source = source }
            state.stamp.asOf = asOf
            return state.stamp.version - before
        }
    }

    func read<Value>(_ body: (BoardView) throws -> Value) rethrows -> Value {
        try state.withLock { state in
            try body(BoardView(hunt: state.hunt, stamp: state.stamp, index: state.index))
        }
    }

    /// Moves to the next committed state; readers wait.
    func change<Value>(_ body: (inout State) -> Value) -> Value { state.withLock { body(&$0) } }
}
