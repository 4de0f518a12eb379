import FlowCore
import PostgresClient
import Reactor
import Settings

/// The primary and the replicas, a pool each.
@Reactor
struct Backends {
    private let primary: PostgresPool
    private let others: [PostgresPool]

    init(_ settings: Settings) {
        func pool(_ url: String) -> PostgresPool {
            PostgresPool(url: url, settings: settings.poolSettings, applicationName: "cairn serve")
        }
        primary = pool(settings.postgres.url)
        others = settings.postgres.replicas.map(pool)
    }

    /// In the order of the settings.
    var replicas: [BackendChoice.Backend] { others.indices.map { .replica($0) } }

    subscript(backend: BackendChoice.Backend) -> PostgresPool {
        switch backend {
        case .primary: primary
        case .replica(let number): others[number]
        }
    }

    func close() async {
        await primary.close()
        for pool in others { await pool.close() }
    }
}
