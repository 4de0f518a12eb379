import DevStack
import Foundation
import Reactor

/// One `cairn serve`, a process of its own.
struct ServeProcess: Sendable {
    let process: DevProcess

    var log: String { WorkerProcess(process: process).log }

    /// The port that it logged, for it was told to take any.
    var port: UInt16? {
        for line in log.split(separator: "\n") where line.contains("\"read API\"") {
            guard let listen = line.range(of: "\"listen\"") else { continue }
            let digits = line[listen.upperBound...].split(separator: ":").lazy
                .map { $0.prefix { $0.isNumber } }.last { $0.count > 3 }
            if let port = digits.flatMap({ UInt16($0) }) { return port }
        }
        return nil
    }

    /// - Returns: nil while there is no answer.
    func call(
        _ path: String, _ method: String = "GET", headers: [String: String] = [:], body: String? = nil
    ) async -> HTTPAnswer? {
        guard let port else { return nil }
        return await Reactor.blocking { httpCall(port: port, method, path: path, headers: headers, body: body) }
    }

    var isReady: Bool {
        get async { await call("/readyz")?.status == 200 }
    }
}

extension Site {
    /// Starts `cairn serve` and waits until it has loaded the boards.
    ///
    /// - Parameter settings: nil: the site's.
    func startServe(_ settings: SettingsFile? = nil) async throws -> ServeProcess {
        var settings = settings ?? self.settings
        settings.extra += "\nhttp: {listen: \"127.0.0.1:0\", client_rate: 100000, steady_rate: 100000}"
        let serve = ServeProcess(process: try await start(["serve"], settings))
        let isUp = await eventually(within: 30) {
            if !serve.process.isRunning { return true }
            return await serve.isReady
        }
        guard isUp, serve.process.isRunning else { throw ServiceFailure("serve did not start: \(serve.log)") }
        return serve
    }
}
