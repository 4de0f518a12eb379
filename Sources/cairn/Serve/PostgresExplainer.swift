import FlowCore
import HuntCore
import PostgresClient
import ReadAPI
import Reactor
import Storage

/// Why a player has its score: asked of a replica that is nearly current, of the primary, of any other, in this order.
struct PostgresExplainer: PlayerExplaining {
    let backends: Backends
    let guarded: GuardedReads
    let reader: PlayerWhyReader

    private static let deadlineMs: Int64 = 3_000

    private struct Question: Hashable {
        let hunt: String
        let player: String
    }

    func explain(hunt: String, player: String) async throws(ReadFailure) -> PlayerExplanation? {
        do throws(ReadFailure) {
            return try await explain(hunt, player, .within(ms: PostgresOrigin.currentMs))
        } catch {
            guard case .notNow = error, await !backends.replicas.isEmpty else { throw error }
            return try await explain(hunt, player, .any)
        }
    }

    private func explain(
        _ hunt: String, _ player: String, _ freshness: BackendChoice.Freshness
    ) async throws(ReadFailure) -> PlayerExplanation? {
        let answer = try await guarded.shared(
            Question(hunt: hunt, player: player), freshness, deadlineMs: Self.deadlineMs
        ) { backend async throws(ReadTrouble) in
            do throws(PostgresError) {
                return try await reader.read(from: backends[backend], hunt: hunt, player: player)
            } catch {
                throw ReadTrouble(error)
            }
        }
        guard let reading = answer.value, let score = reading.score else { return nil }
        return PlayerExplanation(
            asOf: reading.asOf, source: reading.isReplica ? .replica : .primary,
            rulesVersion: reading.hunt.rulesVersion,
            tally: Tally(score: score.score, unlocks: score.unlocks, reachedAt: score.reachedAt ?? -1),
            version: score.version, explanation: reading.explanation)
    }
}
