import HuntCore

/// A change of a hunt that has facts, as an organiser might want it in the middle of the day.
enum DefinitionChange: Sendable, Equatable {
    case addCheckpoint
    case points(checkpoint: Int, Int64)
    case toggleRequirement
    case toggleTrail
    case toggleRanking
    case reorder
    /// The hunt closes so many milliseconds after now at the earliest, and its checkpoints with it.
    case widen(Int64)
    case grace(Int64)

    static let checkpointsMax = 7

    func applied(to hunt: HuntDefinition, nowMs: Int64) -> HuntDefinition {
        var hunt = hunt
        switch self {
        case .addCheckpoint:
            let known = Set(hunt.checkpoints.map(\.id))
            guard let number = (1...Self.checkpointsMax).first(where: { !known.contains("c\($0)") }) else { break }
            hunt.checkpoints.append(
                HuntDefinition.Checkpoint(id: "c\(number)", tag: Lisbon.tag(number), points: Int64(number) * 10))
        case .points(let checkpoint, let points):
            hunt.checkpoints[checkpoint % hunt.checkpoints.count].points = points
        case .toggleRequirement:
            guard let last = hunt.checkpoints.indices.last(where: { hunt.checkpoints[$0].id != "c1" }) else { break }
            hunt.checkpoints[last].requires = hunt.checkpoints[last].requires.isEmpty ? ["c1"] : []
        case .toggleTrail:
            let trail = HuntDefinition.Trail(id: "t2", checkpoints: ["c1", "c2"], bonus: 7)
            if let known = hunt.trails.firstIndex(where: { $0.id == "t2" }) {
                hunt.trails.remove(at: known)
            } else {
                hunt.trails.append(trail)
            }
        case .toggleRanking: hunt.ranking = hunt.ranking == .shared ? .firstToReach : .shared
        case .reorder: hunt.checkpoints.reverse()
        case .widen(let ms):
            hunt.closesAt = max(hunt.closesAt, nowMs + ms)
            for position in hunt.checkpoints.indices { hunt.checkpoints[position].closesAt = nil }
        case .grace(let ms): hunt.lateGrace = max(hunt.lateGrace, ms)
        }
        return hunt
    }
}
