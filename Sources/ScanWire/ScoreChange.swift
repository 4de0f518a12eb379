/// A record of the feed. The buffers point into it.
///
/// - Source: contracts.md section 4.
public struct ScoreChange {
    /// The slug.
    public var hunt = UnsafeRawBufferPointer(start: nil, count: 0)
    public var player = UnsafeRawBufferPointer(start: nil, count: 0)
    public var score: Int64 = 0
    public var unlocks: Int32 = 0
    /// Epoch milliseconds; -1 is null.
    public var reachedAt: Int64 = -1
    public var version: Int64 = 0
    /// Epoch milliseconds.
    public var committedAt: Int64 = 0
    /// The scan that brought the change; -1 where no single one did.
    public var partition: Int32 = -1
    public var offset: Int64 = -1
}
