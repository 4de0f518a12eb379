import HuntCore
import Reactor
import Testing

/// One row of the matrix: workers under load, a fault, and what came of it.
struct FaultRow {
    let name: String
    var workers = 2
    var partitions = 6
    /// Scans a second, for the whole row.
    var perSecond = 3_000
    var players = 2_000
    var hunts = SampleHunts().all
    var partitioners = ["consistent_random"]
    var producerProperties: [String: String] = [:]
    var sessionTimeoutMs = 6_000
    var scoreTTLSeconds = 30
    var kafkaProperties: [String: String] = [:]
    /// Nil: the shared stack's.
    var broker: (any SiteBroker)?
    /// From the fault's end until everything acknowledged by then is committed and published.
    var recoveryMsMax: Int64 = 30_000
    /// Whether the broker takes what a producer repeats for new: then the log tells what was produced.
    var repeatsUnanswered = false
    /// From a worker's end until the others own its partitions, the group's meeting included; nil: the session timeout
    /// and 2 s, and the meeting aside.
    var ownedMsMax: Int64?
    var seed: UInt64 = 50

    init(_ name: String) { self.name = name }

    /// Brings the workers to work, calls `fault`, waits until it is overcome and compares everything with what was
    /// produced.
    ///
    /// - Parameter before: called when the site is made and nothing runs yet.
    @Reactor
    func run(
        _ fault: @Reactor (FaultScene) async throws -> Void, before: @Reactor (Site) async throws -> Void = { _ in }
    ) async throws {
        try await withSite(partitions: partitions, hunts: hunts, broker: broker) { site in
            try await before(site)
            let scene = try await FaultScene(self, site)
            do {
                try await play(scene, fault)
            } catch {
                scene.result.failure = "failed: \(error)"
                FaultMatrix.report(scene.result)
                await scene.close()
                throw error
            }
            await scene.close()
        }
    }

    @Reactor
    private func play(_ scene: FaultScene, _ fault: @Reactor (FaultScene) async throws -> Void) async throws {
        phase("\(name): starting")
        for _ in 0..<workers { try await scene.launch() }
        try await scene.awaitStarts()
        scene.load.start(perSecond: perSecond)
        try await scene.awaitWork()
        phase("\(name): the fault begins")
        try await fault(scene)
        try await scene.recover()
        try await scene.load.stop()
        try await scene.compare()
        FaultMatrix.report(scene.result)
    }
}
