import HuntCore

/// A record as the log holds it. The buffers are valid during the call that hands them over.
public struct RawRecord {
    public let offset: Int64
    /// Epoch milliseconds; -1 when the record carries none.
    public let timestampMs: Int64
    public let key: UnsafeRawBufferPointer?
    public let value: UnsafeRawBufferPointer?
    /// How the record's headers say that the value is written.
    public let encoding: ScanEncoding

    @inlinable
    public init(
        offset: Int64, timestampMs: Int64, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        encoding: ScanEncoding = .json
    ) {
        self.offset = offset
        self.timestampMs = timestampMs
        self.key = key
        self.value = value
        self.encoding = encoding
    }
}

/// Bytes to lane records: ScanWire behind a port, so that the flow does not know the format.
public protocol RecordDecoder: AnyObject {
    /// Appends exactly one record to `segment`.
    func decode(_ record: RawRecord, into segment: RecordSegment)
}

/// The first offset of a partition's log that still exists, and the one after its last.
public struct LogBounds: Sendable, Equatable {
    public let partition: Int32
    public let start: Int64
    public let end: Int64

    public init(partition: Int32, start: Int64, end: Int64) {
        self.partition = partition
        self.start = start
        self.end = end
    }
}

/// What came of polling a partition.
public enum PollOutcome: Equatable, Sendable {
    /// This many records; fewer than asked for means that there are no more at the moment.
    case records(Int)
    /// The position is no longer in the log.
    case offsetOutOfRange
}

/// Where scans come from: the consumer of one topic in a group. Tells the engine by `assigned` and `revoked`.
public protocol ScanSource: AnyObject {
    /// Asks for the bounds of partitions' logs; a failure is a reason in words.
    func logBounds(of partitions: [Int32], reply: @escaping (Result<[LogBounds], TransientTrouble>) -> Void)
    /// The end of a partition's log as of the last fetch, which is as new as the last record polled; nil before.
    func logEnd(of partition: Int32) -> Int64?
    /// Answers `assigned`: fetch these partitions from these offsets.
    func start(_ positions: [(partition: Int32, offset: Int64)])
    /// Answers `revoked`.
    func release()
    /// Fetches a partition from another offset, or one that `start` left out.
    func restart(_ partition: Int32, at offset: Int64)
    /// Fetches a partition no more, though it stays assigned.
    func stop(_ partition: Int32)
    /// Takes at most `limit` records of a partition; never waits.
    func poll(_ partition: Int32, limit: Int, _ body: (RawRecord) -> Void) -> PollOutcome
    /// Tells the log how far partitions are, for the eyes of lag tools.
    func hint(_ positions: [(partition: Int32, offset: Int64)])
}

/// Something that time mends: wait, try again.
public struct TransientTrouble: Error, Equatable, Sendable {
    /// One line: what, and what to do.
    public let reason: String

    public init(_ reason: String) { self.reason = reason }
}

public struct LeaseRequest: Sendable, Equatable {
    public let partition: Int32
    /// Where a partition without a lease begins.
    public let logStart: Int64
}

/// A partition's row in the ledger, as it is after it was taken.
public struct Lease: Sendable, Equatable {
    public let partition: Int32
    public let epoch: Int64
    public let nextOffset: Int64
    public let publishedOffset: Int64
    /// Who held it before; nil when nobody did.
    public let previousOwner: String?

    public init(partition: Int32, epoch: Int64, nextOffset: Int64, publishedOffset: Int64, previousOwner: String?) {
        self.partition = partition
        self.epoch = epoch
        self.nextOffset = nextOffset
        self.publishedOffset = publishedOffset
        self.previousOwner = previousOwner
    }
}

/// A fact as Postgres holds it.
public struct LoadedFact: Sendable, Equatable {
    public let checkpointID: Int32
    /// Epoch milliseconds.
    public let scannedAt: Int64
    public let partition: Int32

    public init(checkpointID: Int32, scannedAt: Int64, partition: Int32) {
        self.checkpointID = checkpointID
        self.scannedAt = scannedAt
        self.partition = partition
    }
}

/// A player's row and facts as Postgres holds them.
public struct LoadedPlayer: Sendable {
    /// Position in the list of players asked for.
    public let position: Int
    public let tally: Tally
    public let version: Int64
    public let factsSeq: Int64
    /// Epoch milliseconds.
    public let committedAt: Int64
    public let facts: [LoadedFact]

    public init(
        position: Int, tally: Tally, version: Int64, factsSeq: Int64, committedAt: Int64, facts: [LoadedFact]
    ) {
        self.position = position
        self.tally = tally
        self.version = version
        self.factsSeq = factsSeq
        self.committedAt = committedAt
        self.facts = facts
    }
}

/// Why a flush did not commit, one case per reaction.
public enum FlushTrouble: Error, Equatable, Sendable {
    /// CA001: these partitions belong to another owner now.
    case leaseLost([Int32])
    /// CA002: this many players' rows are newer than the batch.
    case playersChanged(Int)
    /// CA003: the definitions have another generation.
    case definitionsChanged
    /// Class 22 or 23: some record of the batch cannot be stored; the state's code.
    case rejected(String)
    /// Class 40: run it again.
    case conflict
    /// Nothing was sent, or the server refused for now: wait, try again.
    case unavailable(TransientTrouble)
    /// It was sent and no reply came.
    case outcomeUnknown(TransientTrouble)
}

/// The truth: Postgres.
public protocol Ledger: AnyObject {
    func takeLeases(_ requests: [LeaseRequest], reply: @escaping (Result<[Lease], TransientTrouble>) -> Void)
    func loadDefinitions(reply: @escaping (Result<RuleBook, TransientTrouble>) -> Void)
    /// Reads what is known of players; those without a row are left out.
    func loadPlayers(_ keys: [PlayerKey], reply: @escaping (Result<[LoadedPlayer], TransientTrouble>) -> Void)
    /// Commits all of a call or nothing. Replies with the commit's time in epoch milliseconds.
    func flush(_ call: FlushCall, reply: @escaping (Result<Int64, FlushTrouble>) -> Void)
}

/// The feed of changes: Kafka's topic `scores`.
public protocol ScoreFeed: AnyObject {
    /// Sends one record; its delivery is told to `FlowEngine.feedDelivered` with the item's batch.
    /// - Returns: false when the queue is full: try again later.
    func send(_ item: PublishItem) -> Bool
}

/// What a call to the hot tier did.
public struct HotWriteResult: Equatable, Sendable {
    public var applied: Int
    public var refreshed: Int
    public var stale: Int

    public init(applied: Int, refreshed: Int, stale: Int) {
        self.applied = applied
        self.refreshed = refreshed
        self.stale = stale
    }
}

/// The hot tier: Redis.
public protocol ScoreCache: AnyObject {
    /// Writes players of one hunt and shard in one call, each with what is left of its time to live in milliseconds.
    func write(
        _ items: [PublishItem], timesToLiveMs: [Int64], shard: Int,
        reply: @escaping (Result<HotWriteResult, TransientTrouble>) -> Void)
}

extension ScanSource {
    /// A source that cannot tell.
    public func logEnd(of partition: Int32) -> Int64? { nil }
}
