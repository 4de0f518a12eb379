/// One thing that is wrong with the settings: where, which, why, and what to do.
public struct SettingsFault: Sendable, Equatable, CustomStringConvertible {
    /// `cairn.yaml:3`, the name of the environment variable, or `--set`.
    public let place: String
    /// The key as far as it is known; nil where the fault is not about one.
    public let key: String?
    /// What is wrong and how to mend it, without any secret.
    public let problem: String

    /// One line.
    public var description: String {
        [place, key, problem].compactMap { $0 }.map(singleLine).joined(separator: ": ")
    }
}

/// Everything that is wrong with the settings, so that one start shows it all.
public struct SettingsFaults: Error, Sendable, CustomStringConvertible {
    /// In the order file, environment, `--set`, combinations; never empty, at most `faultsMax`.
    public let faults: [SettingsFault]
    /// Faults left off after the first `faultsMax`.
    public let omitted: Int

    /// Faults kept; a file that is no settings file at all has no use for more.
    public static let faultsMax = 100

    /// One line for each fault.
    public var description: String {
        var lines = faults.map(\.description)
        if omitted > 0 { lines.append("and \(omitted) more") }
        return lines.joined(separator: "\n")
    }
}
