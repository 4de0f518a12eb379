/// Which state of a hunt's board: two boards of one hunt with the same id, of whichever process, show the same.
///
/// As text it is `RULES.ERASURES.VERSION`, the `id` of an event.
public struct BoardStateID: Hashable, Sendable, LosslessStringConvertible {
    public let rulesVersion: Int32
    public let erasures: Int64
    public let version: Int64

    public init(rulesVersion: Int32, erasures: Int64, version: Int64) {
        self.rulesVersion = rulesVersion
        self.erasures = erasures
        self.version = version
    }

    /// - Parameter text: what a client sent; nil for anything that `description` does not give.
    public init?(_ text: String) {
        guard text.utf8.count <= 64 else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let rulesVersion = Int32(parts[0]), let erasures = Int64(parts[1]),
            let version = Int64(parts[2])
        else { return nil }
        self.init(rulesVersion: rulesVersion, erasures: erasures, version: version)
        guard description == text else { return nil }
    }

    public var description: String { "\(rulesVersion).\(erasures).\(version)" }
}

extension BoardView {
    /// Which state this is.
    public var stateID: BoardStateID {
        BoardStateID(rulesVersion: hunt.rulesVersion, erasures: hunt.erasures, version: stamp.version)
    }
}
