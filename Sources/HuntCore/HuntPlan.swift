/// The tables of `HuntRules`, as arrays: a definition with its names resolved to indexes.
struct HuntPlan {
    /// For each index the position in the definition.
    let order: [Int]
    private(set) var slots: [TagTable.Slot] = []
    private(set) var rows: [HuntRules.Row] = []
    private(set) var requires: [Int32] = []
    private(set) var trailsOf: [Int32] = []
    let trails: [HuntRules.TrailRow]

    /// - Precondition: the definition obeys section 2 of contracts.md.
    init(_ definition: HuntDefinition) {
        let checkpoints = definition.checkpoints
        precondition(checkpoints.count <= HuntLimits.checkpointsMax, "more checkpoints than a hunt may have")
        let positions = Dictionary(uniqueKeysWithValues: checkpoints.indices.map { (checkpoints[$0].id, $0) })
        let required = checkpoints.map { $0.requires.map { Self.position(of: $0, in: positions) } }
        order = Self.order(required)
        var indexes = [Int](repeating: 0, count: checkpoints.count)
        for (index, position) in order.enumerated() { indexes[position] = index }

        var trailsAt = [[Int32]](repeating: [], count: checkpoints.count)
        for (number, trail) in definition.trails.enumerated() {
            for id in trail.checkpoints { trailsAt[Self.position(of: id, in: positions)].append(Int32(number)) }
        }
        trails = definition.trails.map { HuntRules.TrailRow(size: $0.checkpoints.count, bonus: $0.bonus) }
        var isRequired = [Bool](repeating: false, count: checkpoints.count)
        for position in required.joined() { isRequired[position] = true }

        for (index, position) in order.enumerated() {
            let checkpoint = checkpoints[position]
            slots.append(Self.slot(of: checkpoint, at: index, in: definition))
            let requiresStart = Int32(requires.count)
            requires += required[position].map { Int32(indexes[$0]) }
            let trailsStart = Int32(trailsOf.count)
            trailsOf += trailsAt[position]
            rows.append(
                HuntRules.Row(
                    points: checkpoint.points, requires: requiresStart..<Int32(requires.count),
                    trails: trailsStart..<Int32(trailsOf.count),
                    isLone: required[position].isEmpty && trailsAt[position].isEmpty && !isRequired[position]))
        }
    }

    private static func position(of id: String, in positions: [String: Int]) -> Int {
        guard let position = positions[id] else { preconditionFailure("a checkpoint that is not in the hunt") }
        return position
    }

    private static func order(_ required: [[Int]]) -> [Int] {
        do throws(RequirementRings) { return try requirementOrder(required) } catch {
            preconditionFailure("checkpoints that require each other")
        }
    }

    private static func slot(
        of checkpoint: HuntDefinition.Checkpoint, at index: Int, in definition: HuntDefinition
    ) -> TagTable.Slot {
        var tag = checkpoint.tag
        guard let uid = tag.withUTF8({ TagUID(hex: UnsafeRawBufferPointer($0)) }) else {
            preconditionFailure("a tag that is none")
        }
        return TagTable.Slot(
            tag: uid, checkpoint: UInt16(index),
            opensAt: max(checkpoint.opensAt ?? definition.opensAt, definition.opensAt),
            closesAt: min(checkpoint.closesAt ?? definition.closesAt, definition.closesAt))
    }
}
