import HuntCore
import Yams

/// Reads the nodes of a hunt file into a definition and collects all faults on the way.
struct HuntReader {
    private(set) var faults = FaultList()
    private let document: HuntDocument

    init(_ document: HuntDocument) {
        self.document = document
    }

    /// A checkpoint as far as it could be read.
    struct CheckpointEntry {
        var line: Int
        var owner: String
        var id: Located<String>?
        var tag: Located<String>?
        var points: Located<Int64>?
        var title: String?
        var latitude: String?
        var longitude: String?
        var zone: String?
        var requires: [Located<String>]
        var opensAt: Located<Int64>?
        var closesAt: Located<Int64>?
    }

    /// A trail as far as it could be read.
    struct TrailEntry {
        var line: Int
        var owner: String
        var id: Located<String>?
        var checkpoints: [Located<String>]?
        var bonus: Located<Int64>?
    }

    /// - Returns: nil only when `faults` has some.
    mutating func read() -> HuntDefinition? {
        if let line = document.secondDocumentLine {
            faults.add(line, "a second document begins here; a file describes one hunt, so give it a file of its own")
        }
        let known = [
            "hunt", "title", "opens_at", "closes_at", "late_grace", "ranking", "checkpoints", "trails",
        ]
        guard let keys = keys(of: Located(value: document.root, line: 1), as: "the file", known: known) else {
            return nil
        }
        let slug = keys.value("hunt", isRequired: true, faults: &faults, by: .slug)
        let title = keys.value("title", faults: &faults, by: .title)
        let opensAt = keys.value("opens_at", isRequired: true, faults: &faults, by: .time)
        let closesAt = keys.value("closes_at", isRequired: true, faults: &faults, by: .time)
        let lateGrace = keys.value("late_grace", faults: &faults, by: .grace)
        let ranking = keys.value("ranking", faults: &faults, by: .ranking)
        let checkpoints = checkpoints(of: keys)
        let trails = (keys.list("trails", faults: &faults) ?? []).compactMap { trail(at: $0) }

        let window = HuntChecks.Window(opensAt: opensAt, closesAt: closesAt)
        var checks = HuntChecks(checkpoints: checkpoints ?? [], trails: trails, faults: faults)
        checks.checkWindows(window)
        checks.checkNames()
        checks.checkRings()
        checks.checkWorth(window)
        faults = checks.faults

        guard let slug, let opensAt, let closesAt, let checkpoints else { return nil }
        let definitions = checkpoints.compactMap { $0.definition }
        let trailDefinitions = trails.compactMap { $0.definition }
        guard definitions.count == checkpoints.count, trailDefinitions.count == trails.count else { return nil }
        return HuntDefinition(
            slug: slug.value, title: title?.value, opensAt: opensAt.value, closesAt: closesAt.value,
            lateGrace: lateGrace?.value ?? 0, ranking: ranking?.value ?? .firstToReach, checkpoints: definitions,
            trails: trailDefinitions)
    }

    private mutating func keys(of node: Located<Node>, as what: String, known: [String]) -> KeyReader? {
        KeyReader(
            node.value, line: node.line, as: what, known: known, repeatMark: document.repeatMark, faults: &faults)
    }

    private mutating func checkpoints(of keys: KeyReader) -> [CheckpointEntry]? {
        guard let nodes = keys.list("checkpoints", isRequired: true, faults: &faults) else { return nil }
        guard (1...HuntLimits.checkpointsMax).contains(nodes.count) else {
            faults.add(
                keys.line(of: "checkpoints"),
                "checkpoints: a hunt has 1 to 10,000 of them, not \(nodes.count); add some or split the hunt")
            return nil
        }
        return nodes.map { checkpoint(at: $0) }
    }

    private mutating func checkpoint(at node: Located<Node>) -> CheckpointEntry {
        let known = [
            "id", "tag", "points", "title", "lat", "lon", "zone", "requires", "opens_at", "closes_at",
        ]
        guard let keys = keys(of: node, as: "checkpoint", known: known) else {
            // Without an id it tells the checks that names may be missing.
            return CheckpointEntry(line: node.line, owner: "checkpoint: ", requires: [])
        }
        return CheckpointEntry(
            line: keys.line, owner: keys.owner,
            id: keys.value("id", isRequired: true, faults: &faults, by: .slug),
            tag: keys.value("tag", isRequired: true, faults: &faults, by: .tag),
            points: keys.value("points", isRequired: true, faults: &faults, by: .points),
            title: keys.value("title", faults: &faults, by: .title)?.value,
            latitude: keys.value("lat", faults: &faults, by: .degrees(limit: 90))?.value,
            longitude: keys.value("lon", faults: &faults, by: .degrees(limit: 180))?.value,
            zone: keys.value("zone", faults: &faults, by: .slug)?.value,
            requires: keys.slugs("requires", faults: &faults) ?? [],
            opensAt: keys.value("opens_at", faults: &faults, by: .time),
            closesAt: keys.value("closes_at", faults: &faults, by: .time))
    }

    private mutating func trail(at node: Located<Node>) -> TrailEntry? {
        guard let keys = keys(of: node, as: "trail", known: ["id", "checkpoints", "bonus"]) else { return nil }
        return TrailEntry(
            line: keys.line, owner: keys.owner,
            id: keys.value("id", isRequired: true, faults: &faults, by: .slug),
            checkpoints: trailCheckpoints(of: keys),
            bonus: keys.value("bonus", isRequired: true, faults: &faults, by: .points))
    }

    private mutating func trailCheckpoints(of keys: KeyReader) -> [Located<String>]? {
        guard let slugs = keys.slugs("checkpoints", isRequired: true, faults: &faults) else { return nil }
        var lines: [String: Int] = [:]
        for slug in slugs {
            if lines.updateValue(slug.line, forKey: slug.value) != nil {
                faults.add(
                    slug.line, "\(keys.owner)checkpoints: \(quoted(slug.value)) is there twice; keep one")
            }
        }
        if slugs.count < 2 {
            faults.add(
                keys.line(of: "checkpoints"),
                "\(keys.owner)checkpoints: a trail has 2 or more; add another, or give the bonus as points")
        }
        return slugs
    }
}

extension HuntReader.CheckpointEntry {
    var definition: HuntDefinition.Checkpoint? {
        guard let id, let tag, let points else { return nil }
        return HuntDefinition.Checkpoint(
            id: id.value, tag: tag.value, points: points.value, title: title, latitude: latitude, longitude: longitude,
            zone: zone, requires: Set(requires.map(\.value)).sorted(), opensAt: opensAt?.value,
            closesAt: closesAt?.value)
    }
}

extension HuntReader.TrailEntry {
    var definition: HuntDefinition.Trail? {
        guard let id, let checkpoints, let bonus else { return nil }
        return HuntDefinition.Trail(id: id.value, checkpoints: checkpoints.map(\.value), bonus: bonus.value)
    }
}
