/// What another definition would change in a hunt that has facts.
///
/// Scores are a function of the accepted scans. Other points and requirements count the same scans anew; a rule that
/// would refuse a scan which was accepted, or give it to another checkpoint, needs all scans again: a new hunt and a
/// replay.
///
/// - Source: contracts.md section 2, `--rescore`.
public struct RuleChange: Equatable, Sendable {
    /// Changes in words that a rescore can carry out.
    public private(set) var allowed: [String] = []
    /// Changes in words that it cannot.
    public private(set) var forbidden: [String] = []

    public init(from old: HuntDefinition, to new: HuntDefinition) {
        compareHunts(old, new)
        let known = Dictionary(uniqueKeysWithValues: old.checkpoints.map { ($0.id, $0) })
        let kept = Set(new.checkpoints.map(\.id))
        for checkpoint in old.checkpoints where !kept.contains(checkpoint.id) {
            forbidden.append("checkpoint \(checkpoint.id): removed")
        }
        for checkpoint in new.checkpoints {
            if let before = known[checkpoint.id] {
                compare(before, of: old, checkpoint, of: new)
            } else {
                allowed.append("checkpoint \(checkpoint.id): added")
            }
        }
        if old.checkpoints.map(\.id) != new.checkpoints.map(\.id), old.checkpoints.count == new.checkpoints.count,
            forbidden.isEmpty
        {
            allowed.append("checkpoints: in another order")
        }
        compareTrails(old.trails, new.trails)
    }

    private mutating func compareHunts(_ old: HuntDefinition, _ new: HuntDefinition) {
        note("title", old.title, new.title)
        note("ranking", old.ranking.rawValue, new.ranking.rawValue)
        compareWindow("", old.opensAt..<max(old.opensAt, old.closesAt), new.opensAt..<max(new.opensAt, new.closesAt))
        let before = old.closesAt + old.lateGrace
        let after = new.closesAt + new.lateGrace
        if after < before {
            forbidden.append(
                "late_grace: scans would come too late from \(Timestamp.format(after)) on, not \(Timestamp.format(before))"
            )
        } else if old.lateGrace != new.lateGrace {
            allowed.append("late_grace: \(old.lateGrace / 1000) s -> \(new.lateGrace / 1000) s")
        }
    }

    private mutating func compare(
        _ before: HuntDefinition.Checkpoint, of old: HuntDefinition, _ after: HuntDefinition.Checkpoint,
        of new: HuntDefinition
    ) {
        let name = "checkpoint \(after.id): "
        if before.tag != after.tag { forbidden.append("\(name)tag \(before.tag) -> \(after.tag)") }
        compareWindow(name, before.window(in: old), after.window(in: new))
        note("\(name)points", "\(before.points)", "\(after.points)")
        note("\(name)requires", Self.list(before.requires), Self.list(after.requires))
        note("\(name)title", before.title, after.title)
        note("\(name)zone", before.zone, after.zone)
        note("\(name)lat", before.latitude, after.latitude)
        note("\(name)lon", before.longitude, after.longitude)
    }

    /// What was open stays open.
    private mutating func compareWindow(_ name: String, _ before: Range<Int64>, _ after: Range<Int64>) {
        if before == after || before.isEmpty && after.isEmpty { return }
        let text = "\(name)window \(Self.text(before)) -> \(Self.text(after))"
        let isWider =
            before.isEmpty || after.lowerBound <= before.lowerBound && after.upperBound >= before.upperBound
        if isWider { allowed.append(text) } else { forbidden.append("\(text), which is narrower") }
    }

    private mutating func compareTrails(_ old: [HuntDefinition.Trail], _ new: [HuntDefinition.Trail]) {
        let known = Dictionary(uniqueKeysWithValues: old.map { ($0.id, $0) })
        let kept = Set(new.map(\.id))
        for trail in old where !kept.contains(trail.id) { allowed.append("trail \(trail.id): removed") }
        for trail in new {
            guard let before = known[trail.id] else {
                allowed.append("trail \(trail.id): added")
                continue
            }
            note("trail \(trail.id): bonus", "\(before.bonus)", "\(trail.bonus)")
            note("trail \(trail.id): checkpoints", Self.list(before.checkpoints), Self.list(trail.checkpoints))
        }
        if old.map(\.id) != new.map(\.id), Set(old.map(\.id)) == kept { allowed.append("trails: in another order") }
    }

    private mutating func note(_ name: String, _ before: String?, _ after: String?) {
        if before != after { allowed.append("\(name) \(before ?? "none") -> \(after ?? "none")") }
    }

    private static func list(_ ids: [String]) -> String { ids.isEmpty ? "none" : ids.joined(separator: ",") }

    private static func text(_ window: Range<Int64>) -> String {
        "\(Timestamp.format(window.lowerBound)) to \(Timestamp.format(window.upperBound))"
    }
}

extension HuntDefinition.Checkpoint {
    /// When scans of it are accepted, epoch milliseconds; empty for one that never opens.
    public func window(in hunt: HuntDefinition) -> Range<Int64> {
        let opens = opensAt ?? hunt.opensAt
        return opens..<max(opens, closesAt ?? hunt.closesAt)
    }
}
