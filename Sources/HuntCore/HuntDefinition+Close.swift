extension HuntDefinition {
    /// The same hunt with an earlier end. Windows are cut there; a checkpoint that has not opened by then never opens.
    ///
    /// - Parameter end: epoch milliseconds, after `opensAt`.
    public func closed(at end: Int64) -> HuntDefinition {
        precondition(end > opensAt, "a hunt closes after it opens")
        var hunt = self
        hunt.closesAt = min(closesAt, end)
        for position in hunt.checkpoints.indices {
            if let opens = hunt.checkpoints[position].opensAt, opens > hunt.closesAt {
                hunt.checkpoints[position].opensAt = hunt.closesAt
            }
            if let closes = hunt.checkpoints[position].closesAt, closes > hunt.closesAt {
                hunt.checkpoints[position].closesAt = hunt.closesAt
            }
        }
        return hunt
    }
}
