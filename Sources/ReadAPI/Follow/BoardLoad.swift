import FlowCore
import HuntCore
import OrderIndex
import Reactor

/// Collects what a loading reads, until it can be shown as a whole.
@Reactor
public final class BoardLoad {
    let head: LoadHead
    /// The boards that are made anew, by hunt; nobody reads them yet.
    private var fresh: [Int32: Board] = [:]
    private var changed: [Int32: [PlayerValue]] = [:]
    /// Rows that no hunt can have, or for which a board has no room.
    private(set) var unusable = 0
    private(set) var rows = 0

    /// - Parameter seed: of the indexes.
    init(_ head: LoadHead, seed: UInt64) {
        self.head = head
        let stamp = BoardStamp(asOf: head.cut.asOf, version: 0, source: head.source)
        for hunt in head.hunts where head.whole.contains(hunt.huntID) {
            fresh[hunt.huntID] = Board(hunt, stamp, OrderIndex(seed: seed))
        }
    }

    /// - Parameters:
    ///   - player: valid during the call.
    public func add(_ huntID: Int32, _ player: UnsafeRawBufferPointer, _ tally: Tally, _ version: Int64) {
        rows += 1
        guard let player = PlayerID(player) else {
            unusable += 1
            return
        }
        let value = PlayerValue(player: player, tally: tally, version: version)
        guard let board = fresh[huntID] else { return changed[huntID, default: []].append(value) }
        let isTaken = board.change { state in
            guard state.index.apply(value) == .applied else { return false }
            state.stamp.version += version
            return true
        }
        if !isTaken { unusable += 1 }
    }

    /// Shows it: new boards take the place of old ones, and changes are applied to the others.
    ///
    /// - Returns: how much the sum of all versions grew; nil when a board was made anew.
    func show(in store: BoardStore) -> Int64? {
        var grown: Int64 = 0
        var boards: [Board] = []
        for hunt in head.hunts {
            if let board = fresh[hunt.huntID] {
                boards.append(board)
            } else if let board = store.board(hunt.slug), board.huntID == hunt.huntID {
                grown += board.apply(
                    changed[hunt.huntID] ?? [], hunt: hunt, asOf: head.cut.asOf, source: head.source)
                boards.append(board)
            }
        }
        store.replace(boards)
        return fresh.isEmpty ? grown : nil
    }
}
