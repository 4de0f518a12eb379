import MetricsText
import Synchronization

/// What was asked and how long it took. Labels are routes and classes of status, never hunts or players.
final class ReadMetrics: Sendable {
    /// Seconds. Answers from memory take parts of a millisecond.
    private static let bounds = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
    ]
    private static let statuses = ["1xx", "2xx", "3xx", "4xx", "5xx"]

    private struct Tally {
        var byStatus = [Int](repeating: 0, count: statuses.count)
        var seconds = Histogram(bounds: bounds)
    }

    private let tallies = Mutex([Route.Name: Tally](uniqueKeysWithValues: Route.Name.allCases.map { ($0, Tally()) }))
    private let connections = Atomic<Int>(0)

    /// - Parameters:
    ///   - status: `100 ... 599`.
    ///   - seconds: nil for what has no end worth measuring.
    func answered(_ name: Route.Name, status: Int, seconds: Double?) {
        tallies.withLock { tallies in
            tallies[name]?.byStatus[status / 100 - 1] += 1
            if let seconds { tallies[name]?.seconds.add(seconds) }
        }
    }

    func connectionOpened() { connections.wrappingAdd(1, ordering: .relaxed) }
    func connectionClosed() { connections.wrappingSubtract(1, ordering: .relaxed) }

    /// The page's part of this server.
    func page(_ report: RequestGuard.Report) -> String {
        let tallies = tallies.withLock { $0 }
        let names = Route.Name.allCases
        var page = MetricsPage()
        page.samples(
            "counter", "cairn_http_requests_total", "Requests answered, by route and class of status.",
            names.flatMap { name in
                Self.statuses.enumerated().compactMap { index, status in
                    let count = tallies[name]?.byStatus[index] ?? 0
                    return count == 0 ? nil : ("route=\"\(name.rawValue)\",status=\"\(status)\"", count)
                }
            })
        page.histogram(
            "cairn_http_request_seconds", "Seconds from a request's head to its answer, by route.",
            names.compactMap { name in
                tallies[name].flatMap { $0.seconds.count == 0 ? nil : ("route=\"\(name.rawValue)\"", $0.seconds) }
            })
        page.labelled(
            "counter", "cairn_http_refused_total", "Requests turned away, by the bound that they met.", label: "bound",
            RequestGuard.Kind.allCases.map { ($0.rawValue, report.refused[$0] ?? 0) })
        page.gauge("cairn_http_tokens", "Requests that all clients together may ask for at once.", report.tokens)
        page.gauge("cairn_http_clients", "Clients whose rate is remembered.", report.clients)
        page.gauge("cairn_http_waiting", "Requests under way that wait for something else than memory.", report.waiting)
        page.gauge("cairn_http_streams", "Event streams that are open.", report.streams)
        page.gauge("cairn_http_connections", "Connections that are open.", connections.load(ordering: .relaxed))
        return page.text
    }
}
