import Foundation
import HuntCore

/// Which checkpoints lie near which: where a player on foot goes next.
struct WalkingMap {
    /// For each checkpoint, by its position in the definition, others from near to far.
    private let nearest: [[Int32]]

    private static let neighboursMax = 24
    /// A hunt may have 10,000 checkpoints: only so many next in latitude, each way, are looked at.
    private static let lookedAt = 200

    init(_ definition: HuntDefinition) {
        let places = definition.checkpoints.enumerated().map { Self.place($1, position: $0) }
        let byLatitude = places.indices.sorted { (places[$0].y, $0) < (places[$1].y, $1) }
        var nearest = [[Int32]](repeating: [], count: places.count)
        for (rank, own) in byLatitude.enumerated() {
            let candidates = byLatitude[max(0, rank - Self.lookedAt)..<min(places.count, rank + Self.lookedAt + 1)]
            let distances = candidates.filter { $0 != own }.map { other in
                (distance: Self.square(places[other].x - places[own].x, places[other].y - places[own].y), other: other)
            }
            nearest[own] = distances.sorted { ($0.distance, $0.other) < ($1.distance, $1.other) }
                .prefix(Self.neighboursMax).map { Int32($0.other) }
        }
        self.nearest = nearest
    }

    /// - Returns: checkpoints near this one, the nearest first.
    func neighbours(of checkpoint: Int) -> [Int32] { nearest[checkpoint] }

    /// Degrees of latitude, and degrees of longitude as long as those. Without coordinates checkpoints stand in a row.
    private static func place(_ checkpoint: HuntDefinition.Checkpoint, position: Int) -> (x: Double, y: Double) {
        guard let latitude = checkpoint.latitude.flatMap(Double.init),
            let longitude = checkpoint.longitude.flatMap(Double.init)
        else { return (0, Double(position)) }
        return (longitude * cos(latitude * .pi / 180), latitude)
    }

    private static func square(_ x: Double, _ y: Double) -> Double { x * x + y * y }
}
