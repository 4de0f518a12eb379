import HuntCore
import NIOCore
import OrderIndex

/// Why a player has its score, from one committed state of the database.
public struct PlayerExplanation: Sendable {
    /// Epoch milliseconds: everything of the player that was committed until then is in it.
    public var asOf: Int64
    /// Never `feed`: only a database has the facts.
    public var source: BoardSource
    public var rulesVersion: Int32
    /// As the score row has it.
    public var tally: Tally
    /// The player's own.
    public var version: Int64
    public var explanation: Explanation

    public init(
        asOf: Int64, source: BoardSource, rulesVersion: Int32, tally: Tally, version: Int64, explanation: Explanation
    ) {
        self.asOf = asOf
        self.source = source
        self.rulesVersion = rulesVersion
        self.tally = tally
        self.version = version
        self.explanation = explanation
    }
}

/// Tells why a player has its score.
public protocol PlayerExplaining: Sendable {
    /// - Parameters:
    ///   - hunt: a slug that the boards know.
    ///   - player: 1 ... 64 bytes of the alphabet of ids.
    /// - Returns: nil when the database has no such hunt or no such player.
    func explain(hunt: String, player: String) async throws(ReadFailure) -> PlayerExplanation?
}

/// The events of one open stream, which ends when nobody holds it any more. Its reader pulls them, one after the other
/// on one thread: an event is made when the reader is ready for one.
public protocol StreamFrames: AnyObject {
    func step() -> StreamStep

    /// Calls `body` once, on any thread, at the first wake-up after the one with this number.
    func onWakeUp(after wakeUp: Int, _ body: @escaping @Sendable () -> Void)
}

/// What a stream has to say at one moment.
public enum StreamStep: Sendable {
    /// Bytes of `text/event-stream`, an event or a few.
    case send(ByteBuffer)
    /// Nothing before the wake-up after the one with this number.
    case wait(wakeUp: Int)
    case ended
}

/// Gives the events of a board.
public protocol BoardStreaming: Sendable {
    associatedtype Frames: StreamFrames

    /// - Parameters:
    ///   - top: how many players, `1 ... 100`.
    ///   - lastEventID: what a reader that comes back has seen, as it sent it.
    /// - Returns: nil when there is no such hunt.
    /// - Throws: when no more streams can be opened at this moment.
    func frames(slug: String, top: Int, lastEventID: String?) throws -> Frames?
}

/// Is told of each player whose rank was asked for and who is known, with the hunt's database id. It returns at once.
public typealias PlayerAsked = @Sendable (_ huntID: Int32, _ player: PlayerID) -> Void

/// A file of the live board's page, by its path: `/` is the page itself. Nil: there is no such file. What it gives for a
/// path is always the same.
public typealias PageAssets = @Sendable (_ path: String) -> (bytes: [UInt8], contentType: String)?
