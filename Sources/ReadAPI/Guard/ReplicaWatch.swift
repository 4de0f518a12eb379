import FlowCore

/// Tells the guard once a second how far each replica is behind. A server that does not answer tells nothing: the guard
/// then takes the replica to stand still, so it falls behind as time goes.
public final class ReplicaWatch: Sendable {
    /// Asks a server for its position in the log: the primary's end, or what the replica has replayed. Bytes; nil: no
    /// answer.
    public typealias Position = @Sendable (BackendChoice.Backend) async -> Int64?

    private static let pauseMs: Int64 = 1_000

    private let guarded: GuardedReads
    private let position: Position

    public init(_ guarded: GuardedReads, position: @escaping Position) {
        self.guarded = guarded
        self.position = position
    }

    /// Works until its task is cancelled; with no replicas it has nothing to do.
    public func run() async {
        if guarded.settings.replicas == 0 { return }
        var progress = ReplicaProgress()
        while !Task.isCancelled {
            await round(&progress)
            await guarded.clock.pause(ms: Self.pauseMs)
        }
    }

    /// The replicas are asked at the same time: one that hangs holds up nobody but the next round.
    func round(_ progress: inout ReplicaProgress) async {
        let askedAtMs = guarded.clock.nowMs
        if let primary = await position(.primary) { progress.primaryIs(at: primary, askedAtMs: askedAtMs) }
        let known = progress
        await withTaskGroup(of: Void.self) { group in
            for replica in 0..<guarded.settings.replicas {
                group.addTask { [guarded, position] in
                    guard let replayed = await position(.replica(replica)) else { return }
                    let lagMs = known.lagMs(replayed: replayed, nowMs: guarded.clock.nowMs)
                    guarded.told(lagMs: lagMs, ofReplica: replica)
                }
            }
        }
    }
}
