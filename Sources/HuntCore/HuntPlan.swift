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
        let map = RequirementMap(definition)
        let required = map.requires
        order = map.order
        var indexes = [Int](repeating: 0, count: checkpoints.count)
        for (index, position) in order.enumerated() { indexes[position] = index }

        var trailsAt = [[Int32]](repeating: [], count: checkpoints.count)
        for (number, trail) in definition.trails.enumerated() {
            for id in trail.checkpoints { trailsAt[map.position(of: id)].append(Int32(number)) }
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
