/// The checkpoints of a definition by position, with what they require.
struct RequirementMap {
    /// For each position the positions it requires.
    let requires: [[Int]]
    /// All positions, each one after all it requires.
    let order: [Int]
    private let positions: [String: Int]

    /// Traps on a definition that breaks section 2 of contracts.md.
    init(_ definition: HuntDefinition) {
        let checkpoints = definition.checkpoints
        let positions = Dictionary(uniqueKeysWithValues: checkpoints.enumerated().map { ($1.id, $0) })
        let requires = checkpoints.map { $0.requires.map { Self.position(of: $0, in: positions) } }
        do throws(RequirementRings) { order = try requirementOrder(requires) } catch {
            preconditionFailure("checkpoints that require each other")
        }
        self.positions = positions
        self.requires = requires
    }

    /// The position of the checkpoint with an id, which the definition must have.
    func position(of id: String) -> Int { Self.position(of: id, in: positions) }

    private static func position(of id: String, in positions: [String: Int]) -> Int {
        guard let position = positions[id] else { preconditionFailure("a checkpoint that is not in the hunt") }
        return position
    }

    /// By position the first scan of each checkpoint; nil: none.
    func firsts(of scans: [AcceptedScan]) -> [AcceptedScan?] {
        var firsts = [AcceptedScan?](repeating: nil, count: requires.count)
        for scan in scans {
            guard let position = positions[scan.checkpoint] else { continue }
            if let known = firsts[position], !scan.isBefore(known) { continue }
            firsts[position] = scan
        }
        return firsts
    }

    /// By position when each checkpoint counted, epoch milliseconds; nil: it does not.
    func counted(_ firsts: [AcceptedScan?]) -> [Int64?] {
        var counted = [Int64?](repeating: nil, count: requires.count)
        for position in order {
            guard var at = firsts[position]?.scannedAt else { continue }
            var isCounted = true
            for required in requires[position] {
                guard let requiredAt = counted[required] else {
                    isCounted = false
                    break
                }
                at = max(at, requiredAt)
            }
            if isCounted { counted[position] = at }
        }
        return counted
    }

    /// How far a trail is; nil when none of its checkpoints counts.
    func progress(of trail: HuntDefinition.Trail, _ counted: [Int64?]) -> Explanation.Trail? {
        let times = trail.checkpoints.map { counted[position(of: $0)] }
        guard let latest = times.compactMap({ $0 }).max() else { return nil }
        let missing = zip(trail.checkpoints, times).filter { $1 == nil }.map(\.0)
        return Explanation.Trail(id: trail.id, bonus: trail.bonus, at: missing.isEmpty ? latest : nil, missing: missing)
    }

    /// What was not scanned of all that a checkpoint requires, directly or through others; ascending positions.
    func missing(for position: Int, _ firsts: [AcceptedScan?]) -> [Int] {
        var isSeen = [Bool](repeating: false, count: requires.count)
        var open = [position]
        var missing: [Int] = []
        while let next = open.popLast() {
            for required in requires[next] where !isSeen[required] {
                isSeen[required] = true
                open.append(required)
                if firsts[required] == nil { missing.append(required) }
            }
        }
        return missing.sorted()
    }
}
