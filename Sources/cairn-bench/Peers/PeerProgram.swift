import Foundation
import Reactor

/// Another system for the same job, found in a folder of peers. It has thinner rows than cairn, no feed and no refusals.
struct PeerProgram: Contender {
    let name: String
    /// What starts it.
    let script: String
    /// See `PeerEnvironment`.
    let home: String
    let shared: String
    /// Environment variables of its own.
    var further: [String: String] = [:]

    /// Makes the peers' tables and writes the list of checkpoints.
    @Reactor
    func prepare(_ stage: BenchStage) async throws {
        let path = "\(shared)/schema.sql"
        guard let schema = FileManager.default.contents(atPath: path) else {
            throw BenchFailure.failed("\(path) cannot be read")
        }
        try await stage.script(String(decoding: schema, as: UTF8.self))
        let environment = environment(on: stage)
        try BenchStage.write(PeerEnvironment.checkpointList, to: environment.checkpoints)
        try FileManager.default.createDirectory(atPath: environment.state, withIntermediateDirectories: false)
    }

    /// A peer decides for itself of how many processes a worker consists.
    @Reactor
    func startWorkers(_ count: Int, on stage: BenchStage) async throws -> any WorkersUnderTest {
        precondition(count == 1, "peers are measured alone")
        let environment = environment(on: stage)
        let process = try await stage.stack.spawn("worker", script, [], environment: environment.variables)
        return PeerWorker(process, first: environment.first, on: stage)
    }

    @Reactor
    private func environment(on stage: BenchStage) -> PeerEnvironment {
        PeerEnvironment(
            brokers: stage.stack.brokers, topic: BenchStage.topic, postgresPort: stage.stack.port(of: .postgres),
            redisPort: stage.stack.port(of: .redis), home: home, shared: shared, folder: stage.stack.folder,
            further: further)
    }
}
