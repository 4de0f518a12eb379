import HuntCore

/// What the boards know of a hunt besides its players.
public struct BoardHunt: Sendable, Equatable {
    public let huntID: Int32
    public let definition: HuntDefinition
    public let rulesVersion: Int32
    /// How many times facts of players of this hunt were deleted.
    public let erasures: Int64

    public init(huntID: Int32, definition: HuntDefinition, rulesVersion: Int32, erasures: Int64) {
        self.huntID = huntID
        self.definition = definition
        self.rulesVersion = rulesVersion
        self.erasures = erasures
    }

    public var slug: String { definition.slug }
}
