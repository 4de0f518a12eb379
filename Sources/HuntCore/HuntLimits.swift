/// The bounds of a hunt, in one place; the tables' CHECK constraints mirror them.
///
/// - Source: contracts.md sections 1 and 2.
public enum HuntLimits {
    /// Checkpoints of one hunt; each fits the 16 bits that `Fact` gives it.
    @inlinable public static var checkpointsMax: Int { 10_000 }
    /// Points of a checkpoint, and the bonus of a trail.
    @inlinable public static var pointsMax: Int64 { 1_000_000 }
    /// Bytes of a slug.
    @inlinable public static var slugBytesMax: Int { 63 }
    /// Bytes of a title.
    @inlinable public static var titleBytesMax: Int { 200 }
    /// Milliseconds: 30 days.
    @inlinable public static var lateGraceMax: Int64 { 30 * 86_400_000 }
    /// Milliseconds that a scan may lie after its own arrival: how wrong a phone's clock may be.
    @inlinable public static var futureMax: Int64 { 300_000 }
    /// The bound of (maxScore + 1) * span: a player's order as one number, exact also as a `Double`.
    @inlinable public static var orderMax: Int64 { 1 << 53 }
    /// Bytes of a hunt file.
    @inlinable public static var fileBytesMax: Int { 16 << 20 }
}
