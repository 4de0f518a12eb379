/// The time as the shell read it; the core never reads a clock.
public struct FlowTime: Sendable, Equatable {
    /// Never goes back.
    public var monotonicMs: Int64
    /// Since 1970; may jump. Only for telling ages to people.
    public var epochMs: Int64

    public init(monotonicMs: Int64, epochMs: Int64) {
        self.monotonicMs = monotonicMs
        self.epochMs = epochMs
    }
}
