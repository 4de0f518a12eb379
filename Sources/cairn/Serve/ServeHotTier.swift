import FlowCore
import HuntCore
import OrderIndex
import PostgresClient
import Reactor
import ReadAPI
import RedisClient
import Storage

/// What `cairn serve` writes into the hot tier: keys of players who were asked for, and each hunt's first 100.
@Reactor
final class ServeHotTier {
    nonisolated let refill: KeyRefill
    private nonisolated let top: TopKey
    private var tasks: [Task<Void, Never>] = []

    private nonisolated static let readDeadlineMs: Int64 = 1_000
    private nonisolated static let topPlayers = 100

    init(boards: BoardStore, backends: Backends, guarded: GuardedReads, redis: RedisClient, scoreTTLMs: Int64) {
        let keys = ScoreKeyWriter(redis: redis, scoreTTLMs: scoreTTLMs)
        refill = KeyRefill(scoreTTLMs: scoreTTLMs) { wishes in
            let players = wishes.map { wish in
                wish.player.withBytes { PlayerKey(huntID: wish.huntID, player: $0) }
            }
            let rows = try? await guarded.read(.newest, deadlineMs: Self.readDeadlineMs) {
                backend throws(ReadTrouble) in
                do throws(PostgresError) {
                    return try await ScoreRows.read(players, from: backends[backend])
                } catch {
                    throw ReadTrouble(error)
                }
            }
            guard let rows else { return nil }
            let (written, lost) = await keys.write(rows.value)
            return KeyRefill.Outcome(written: written, lost: lost)
        }
        let pages = TopPageWriter(redis: redis)
        top = TopKey(
            store: boards, epochMs: { Clock.epochMs() },
            page: { slug in boards.firstPage(of: slug, limit: Self.topPlayers).map { Array(buffer: $0) } },
            write: { slug, page in
                do throws(RedisError) {
                    return try await pages.write(page, hunt: slug) ? .written : .older
                } catch {
                    return .failed
                }
            })
    }

    func start() {
        tasks = [Reactor.task { [refill] in await refill.run() }, Reactor.task { [top] in await top.run() }]
    }

    func stop() {
        for task in tasks { task.cancel() }
    }

    nonisolated func metrics() -> String { refill.metrics() + top.metrics() }
}
