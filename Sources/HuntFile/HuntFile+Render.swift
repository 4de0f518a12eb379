import HuntCore

extension HuntFile {
    /// Writes a definition as a hunt file: keys in the contract's order, a checkpoint a line. `parse` reads the same
    /// definition from it, so that importing an export changes nothing.
    ///
    /// - Precondition: the definition obeys section 2 of contracts.md; in particular the grace is whole seconds.
    public static func render(_ definition: HuntDefinition) -> String {
        var lines = ["hunt: \(definition.slug)"]
        if let title = definition.title { lines.append("title: \(doubleQuoted(title))") }
        lines.append("opens_at: \(Timestamp.format(definition.opensAt))")
        lines.append("closes_at: \(Timestamp.format(definition.closesAt))")
        lines.append("late_grace: \(grace(definition.lateGrace))")
        lines.append("ranking: \(definition.ranking.rawValue)")
        lines.append("checkpoints:")
        lines += definition.checkpoints.map { "  - {\(pairs(of: $0))}" }
        if !definition.trails.isEmpty { lines.append("trails:") }
        lines += definition.trails.map { trail in
            "  - {id: \(trail.id), checkpoints: \(list(trail.checkpoints)), bonus: \(trail.bonus)}"
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func pairs(of checkpoint: HuntDefinition.Checkpoint) -> String {
        var pairs = ["id: \(checkpoint.id)", "tag: \(checkpoint.tag)", "points: \(checkpoint.points)"]
        if let title = checkpoint.title { pairs.append("title: \(doubleQuoted(title))") }
        if let latitude = checkpoint.latitude { pairs.append("lat: \(latitude)") }
        if let longitude = checkpoint.longitude { pairs.append("lon: \(longitude)") }
        if let zone = checkpoint.zone { pairs.append("zone: \(zone)") }
        if !checkpoint.requires.isEmpty { pairs.append("requires: \(list(checkpoint.requires))") }
        if let opensAt = checkpoint.opensAt { pairs.append("opens_at: \(Timestamp.format(opensAt))") }
        if let closesAt = checkpoint.closesAt { pairs.append("closes_at: \(Timestamp.format(closesAt))") }
        return pairs.joined(separator: ", ")
    }

    private static func list(_ slugs: [String]) -> String {
        "[" + slugs.joined(separator: ", ") + "]"
    }

    /// In the largest unit that leaves no rest.
    private static func grace(_ ms: Int64) -> String {
        precondition(ms % 1000 == 0, "a grace of a fraction of a second")
        guard ms > 0, let unit = graceUnits.first(where: { ms % $0.ms == 0 }) else { return "0s" }
        return String(ms / unit.ms) + String(Unicode.Scalar(unit.letter))
    }

    /// - Source: YAML 1.2.2 section 5.7, escaped characters.
    private static func doubleQuoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _ where isShowable(scalar): quoted.unicodeScalars.append(scalar)
            default:
                let hex = String(scalar.value, radix: 16, uppercase: true)
                let isShort = scalar.value <= 0xFFFF
                quoted += (isShort ? "\\u" : "\\U") + String(repeating: "0", count: (isShort ? 4 : 8) - hex.count) + hex
            }
        }
        return quoted + "\""
    }
}
