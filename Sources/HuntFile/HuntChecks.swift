import HuntCore

/// The rules of a hunt file that concern more than one value. What could not be read is left out, not reported again.
struct HuntChecks {
    struct Window {
        let opensAt: Located<Int64>?
        let closesAt: Located<Int64>?
    }

    let checkpoints: [HuntReader.CheckpointEntry]
    let trails: [HuntReader.TrailEntry]
    private(set) var faults: FaultList

    /// Each window opens before it closes, and a checkpoint's lies in the hunt's.
    mutating func checkWindows(_ hunt: Window) {
        if let opensAt = hunt.opensAt, let closesAt = hunt.closesAt, opensAt.value >= closesAt.value {
            faults.add(closesAt.line, "closes_at: not after opens_at; write a later time")
        }
        for checkpoint in checkpoints {
            var lies = true
            if let own = checkpoint.opensAt, let first = hunt.opensAt, own.value < first.value {
                lies = false
                faults.add(
                    own.line,
                    "\(checkpoint.owner)opens_at: before the hunt opens, \(Timestamp.format(first.value)); "
                        + "write a later time or open the hunt earlier")
            }
            if let own = checkpoint.closesAt, let last = hunt.closesAt, own.value > last.value {
                lies = false
                faults.add(
                    own.line,
                    "\(checkpoint.owner)closes_at: after the hunt closes, \(Timestamp.format(last.value)); "
                        + "write an earlier time or close the hunt later")
            }
            guard lies, checkpoint.opensAt != nil || checkpoint.closesAt != nil,
                let opensAt = checkpoint.opensAt ?? hunt.opensAt, let closesAt = checkpoint.closesAt ?? hunt.closesAt
            else { continue }
            // One that has not opened when its hunt is closed early never opens: its window is empty and lies at the end.
            let neverOpens = opensAt.value == closesAt.value && closesAt.value == hunt.closesAt?.value
            if opensAt.value >= closesAt.value && !neverOpens {
                let line = (checkpoint.closesAt ?? checkpoint.opensAt)?.line ?? checkpoint.line
                faults.add(
                    line,
                    "\(checkpoint.owner)closes at \(Timestamp.format(closesAt.value)), not after it opens, "
                        + "\(Timestamp.format(opensAt.value)); change opens_at or closes_at")
            }
        }
    }

    /// Ids and tags are unique, and names of checkpoints are known.
    mutating func checkNames() {
        checkUnique(checkpoints.map { ($0.owner + "id", $0.id) })
        checkUnique(checkpoints.map { ($0.owner + "tag", $0.tag) })
        checkUnique(trails.map { ($0.owner + "id", $0.id) })
        let known = Set(checkpoints.compactMap { $0.id?.value })
        // With an id that could not be read, a name may be right all the same.
        guard checkpoints.allSatisfy({ $0.id != nil }), !checkpoints.isEmpty else { return }
        for checkpoint in checkpoints {
            for name in checkpoint.requires where !known.contains(name.value) {
                addUnknown(name, in: checkpoint.owner + "requires")
            }
        }
        for trail in trails {
            for name in trail.checkpoints ?? [] where !known.contains(name.value) {
                addUnknown(name, in: trail.owner + "checkpoints")
            }
        }
    }

    private mutating func addUnknown(_ name: Located<String>, in place: String) {
        faults.add(
            name.line,
            "\(place): \(quoted(name.value)) is no checkpoint of this file; correct the name or add the checkpoint")
    }

    private mutating func checkUnique(_ names: [(place: String, name: Located<String>?)]) {
        var lines: [String: Int] = [:]
        for case (let place, let name?) in names {
            if let line = lines[name.value] {
                faults.add(name.line, "\(place): \(quoted(name.value)) is taken on line \(line); each needs its own")
            } else {
                lines[name.value] = name.line
            }
        }
    }

    /// No checkpoint requires itself, directly or by way of others.
    mutating func checkRings() {
        var positions: [String: Int] = [:]
        for (position, checkpoint) in checkpoints.enumerated() {
            if let id = checkpoint.id?.value, positions[id] == nil { positions[id] = position }
        }
        do throws(RequirementRings) {
            _ = try requirementOrder(checkpoints.map { $0.requires.compactMap { positions[$0.value] } })
        } catch {
            for ring in error.rings { addRing(ring) }
        }
    }

    private mutating func addRing(_ ring: [Int]) {
        // Begin with the one that is written first.
        guard let start = ring.indices.min(by: { ring[$0] < ring[$1] }) else { return }
        let members = (ring[start...] + ring[..<start]).map { checkpoints[$0] }
        let names = members.compactMap { $0.id?.value }
        let shown = names.count <= 12 ? names : names.prefix(10) + ["...", names[names.count - 1]]
        let second = names.count > 1 ? names[1] : names.first
        let line = members.first.flatMap { first in first.requires.first { $0.value == second }?.line ?? first.line }
        faults.add(
            line ?? 1,
            "requires: \((shown + names.prefix(1)).joined(separator: " -> ")) leads back to where it began, "
                + "so none of them could ever count; remove one of these requirements")
    }

    /// A score and its time fit one number: (maxScore + 1) * span <= 2^53.
    mutating func checkWorth(_ hunt: Window) {
        guard let opensAt = hunt.opensAt, let closesAt = hunt.closesAt, opensAt.value < closesAt.value else { return }
        // At most 16 Mi values of at most a million each: far from overflow.
        let maxScore =
            checkpoints.reduce(0) { $0 + ($1.points?.value ?? 0) } + trails.reduce(0) { $0 + ($1.bonus?.value ?? 0) }
        let span = closesAt.value - opensAt.value
        let (product, isOver) = (maxScore + 1).multipliedReportingOverflow(by: span)
        if isOver || product > HuntLimits.orderMax {
            faults.add(
                closesAt.line,
                "closes_at: the hunt is too long for its \(maxScore) points: (points + 1) * milliseconds is over 2^53; "
                    + "make it at most \(HuntLimits.orderMax / (maxScore + 1)) ms long or give fewer points")
        }
    }
}
