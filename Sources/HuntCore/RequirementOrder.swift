/// Checkpoints that require each other in a ring, so that none of them could ever count.
public struct RequirementRings: Error, Equatable, Sendable {
    /// Positions, each requiring the next one and the last requiring the first. No position is in two rings: a ring
    /// that shares one with another shows once that one is mended.
    public let rings: [[Int]]

    public init(rings: [[Int]]) {
        self.rings = rings
    }
}

/// Puts checkpoints into an order in which each one comes after all it requires, otherwise as they were given.
///
/// - Parameter requires: for each position the positions it requires.
/// - Returns: the positions in that order.
/// - Complexity: O(checkpoints + requirements). It keeps its own stack: a chain may be as long as a hunt is large.
public func requirementOrder(_ requires: [[Int]]) throws(RequirementRings) -> [Int] {
    enum Progress { case untouched, open, done }
    var progress = [Progress](repeating: .untouched, count: requires.count)
    var order: [Int] = []
    order.reserveCapacity(requires.count)
    var rings: [[Int]] = []
    var isInRing = [Bool](repeating: false, count: requires.count)
    var path: [(position: Int, next: Int)] = []
    for start in requires.indices where progress[start] == .untouched {
        progress[start] = .open
        path.append((start, 0))
        while let (position, next) = path.last {
            guard next < requires[position].count else {
                progress[position] = .done
                order.append(position)
                path.removeLast()
                continue
            }
            path[path.count - 1].next += 1
            let required = requires[position][next]
            switch progress[required] {
            case .done: break
            case .untouched:
                progress[required] = .open
                path.append((required, 0))
            case .open:
                if let ring = newRing(from: required, on: path, isInRing: &isInRing) { rings.append(ring) }
            }
        }
    }
    if !rings.isEmpty { throw RequirementRings(rings: rings) }
    return order
}

/// The end of a path that leads back to `first`, or nil when part of it is in a ring already.
private func newRing(from first: Int, on path: [(position: Int, next: Int)], isInRing: inout [Bool]) -> [Int]? {
    var ring: [Int] = []
    for (position, _) in path.reversed() {
        if isInRing[position] { return nil }
        ring.append(position)
        if position == first { break }
    }
    for position in ring { isInRing[position] = true }
    return ring.reversed()
}
