import ArgumentParser

/// What `--profile` may say.
enum SimulationProfile: Equatable {
    /// A simulated hunt.
    case arrivals(ArrivalProfile)
    /// A recording, by the path of its file.
    case trace(String)

    private static let tracePrefix = "trace:"
    /// All that there is, for help and errors.
    static let known = ArrivalProfile.allCases.map(\.rawValue).joined(separator: ", ") + " or trace:FILE"

    /// - Throws: `ValidationError` that lists what is known.
    init(_ text: String) throws {
        if text.hasPrefix(Self.tracePrefix) {
            let path = String(text.dropFirst(Self.tracePrefix.count))
            if path.isEmpty { throw ValidationError("--profile trace: lacks the file: trace:FILE") }
            self = .trace(path)
        } else if let profile = ArrivalProfile(rawValue: text) {
            self = .arrivals(profile)
        } else {
            throw ValidationError("--profile \(text) is not known: there are \(Self.known)")
        }
    }
}
