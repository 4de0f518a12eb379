import FlowCore
import OrderIndex

/// A change of a score as the feed told it.
struct FedChange: Sendable, Equatable {
    /// Which hunt, by the follower's own number.
    var hunt: Int32
    var value: PlayerValue
    /// The scan that brought it.
    var partition: Int32
    var offset: Int64
}

/// Decides when the feed has brought everything that a committed state holds.
///
/// The feed brings changes of all partitions of scans in any order, and may lose some. A board that showed each as it
/// comes would show states that never were: of two players the one who scanned later, and not yet the other. So changes
/// wait here until a state of the database, a cut, is complete: each change belongs to it exactly when its scan lies
/// below the mark of its partition, and the mark tells how many there must be. Nothing is concluded from time, from the
/// ends of the feed or from the order of its records; what is lost shows as a cut that does not become complete.
///
/// Pure: the follower brings cuts and changes and applies what comes out.
struct CutMachine {
    /// Changes that wait at most; 35 MB. The feed is not polled beyond.
    static let waitingMax = 262_144

    /// What became of a change.
    enum Arrival: Equatable {
        /// It waits for its cut.
        case waits
        /// The boards have it, or it waits already.
        case known
        /// No single scan brought it, so it belongs to no cut; only the database can tell when it was.
        case unplaced
    }

    /// What is to be done about a cut.
    enum Verdict: Equatable {
        case complete
        /// So many changes have not come yet.
        case waiting(missing: Int64)
        /// The boards are further already.
        case outdated
        /// The feed cannot lead there.
        case askDatabase(Reason)
    }

    enum Reason: String, Equatable, CaseIterable {
        /// Nothing was loaded yet.
        case start
        /// Other definitions are in force.
        case definitions
        /// Players were erased.
        case erasure
        /// A command counts or deletes players in batches.
        case upkeep
        /// Leases of another topic or group changed scores.
        case foreign
        /// A lease went back: it was reset, or the database was restored.
        case wentBack
        /// The feed brought more changes than the leases count.
        case surplus
        /// A change came that belongs to no cut.
        case unplaced
        /// Changes did not come in time.
        case missing
        /// The boards' versions are not what the leases count.
        case mismatch
    }

    /// What waits of one partition of scans.
    private struct Lane {
        /// The marks of the state that the boards show.
        var nextOffset: Int64 = .min
        var changes: Int64 = 0
        /// Of the candidate; as above without one.
        var candidateNext: Int64 = .min
        var candidateChanges: Int64 = 0
        var waiting: [Int64: FedChange] = [:]
        /// Of those the ones below `candidateNext`.
        var arrived: Int64 = 0

        var missing: Int64 { candidateChanges - changes - arrived }
    }

    /// The state that the boards show.
    private(set) var base: CommittedCut?
    private(set) var candidate: CommittedCut?
    private(set) var waitingCount = 0
    private var lanes: [Int32: Lane] = [:]
    private var hasUnplaced = false

    /// Whether more changes may come.
    var hasRoom: Bool { waitingCount < Self.waitingMax }

    // MARK: News

    /// - Parameter isNewer: whether the version is newer than the one that the boards show.
    mutating func arrived(_ change: FedChange, isNewer: Bool) -> Arrival {
        guard isNewer else { return .known }
        guard change.partition >= 0, change.offset >= 0 else {
            hasUnplaced = true
            return .unplaced
        }
        var lane = lanes.removeValue(forKey: change.partition) ?? Lane()
        defer { lanes[change.partition] = lane }
        if change.offset < lane.nextOffset {
            // The boards show this scan's state and do not have its change: a worker told it anew with another scan.
            hasUnplaced = true
            return .unplaced
        }
        guard lane.waiting.updateValue(change, forKey: change.offset) == nil else { return .known }
        waitingCount += 1
        if change.offset < lane.candidateNext { lane.arrived += 1 }
        return .waits
    }

    /// The database is in this state now. It takes the place of a candidate that is not complete.
    mutating func propose(_ cut: CommittedCut) {
        candidate = cut
        for partition in lanes.keys { setCandidate(of: partition, nil) }
        for mark in cut.marks { setCandidate(of: mark.partition, mark) }
    }

    private mutating func setCandidate(of partition: Int32, _ mark: LeaseMark?) {
        var lane = lanes.removeValue(forKey: partition) ?? Lane()
        lane.candidateNext = mark?.nextOffset ?? lane.nextOffset
        lane.candidateChanges = mark?.changes ?? lane.changes
        lane.arrived = Int64(lane.waiting.keys.count { $0 < lane.candidateNext })
        lanes[partition] = lane
    }

    /// What is to be done about the candidate.
    var verdict: Verdict {
        guard let candidate else { return .waiting(missing: 0) }
        guard let base else { return .askDatabase(.start) }
        if candidate.asOf < base.asOf { return .outdated }
        if candidate.generation != base.generation { return .askDatabase(.definitions) }
        if candidate.erasures != base.erasures { return .askDatabase(.erasure) }
        if candidate.isUnderUpkeep || base.isUnderUpkeep { return .askDatabase(.upkeep) }
        if candidate.foreignChanges != base.foreignChanges { return .askDatabase(.foreign) }
        var missing: Int64 = 0
        for lane in lanes.values {
            if lane.candidateNext < lane.nextOffset || lane.candidateChanges < lane.changes {
                return .askDatabase(.wentBack)
            }
            if lane.missing < 0 { return .askDatabase(.surplus) }
            missing += lane.missing
        }
        if hasUnplaced { return .askDatabase(.unplaced) }
        return missing == 0 ? .complete : .waiting(missing: missing)
    }

    // MARK: Going on

    /// The boards move to the candidate, which is complete.
    ///
    /// - Returns: its changes, in no order; of a player there may be several versions.
    mutating func advance() -> [FedChange] {
        precondition(verdict == .complete, "a cut that is not complete")
        guard let candidate else { return [] }
        var changes: [FedChange] = []
        changes.reserveCapacity(lanes.values.reduce(0) { $0 + Int($1.arrived) })
        for lane in lanes.values where lane.arrived > 0 {
            changes.append(contentsOf: lane.waiting.values.filter { $0.offset < lane.candidateNext })
        }
        show(candidate)
        return changes
    }

    /// The boards show this state now, however they came to it. What belongs to it waits no more.
    mutating func show(_ cut: CommittedCut) {
        base = cut
        candidate = nil
        hasUnplaced = false
        waitingCount = 0
        var marks: [Int32: LeaseMark] = [:]
        for mark in cut.marks { marks[mark.partition] = mark }
        for partition in Set(lanes.keys).union(marks.keys) {
            var lane = lanes.removeValue(forKey: partition) ?? Lane()
            if let mark = marks[partition] {
                lane.nextOffset = mark.nextOffset
                lane.changes = mark.changes
            }
            lane.candidateNext = lane.nextOffset
            lane.candidateChanges = lane.changes
            lane.arrived = 0
            lane.waiting = lane.waiting.filter { $0.key >= lane.nextOffset }
            waitingCount += lane.waiting.count
            lanes[partition] = lane
        }
    }

    /// Forgets the candidate.
    mutating func dismiss() { candidate = nil }
}
