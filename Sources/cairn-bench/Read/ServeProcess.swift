import DevStack
import Foundation
import Reactor

/// A `cairn serve` that is measured.
@Reactor
struct ServeProcess {
    let process: DevProcess
    let port: UInt16
    /// From its start until it was ready.
    let startSeconds: Double

    private static let readyWithinMs: Int64 = 120_000
    private static let lookEveryMs: Int64 = 20

    /// Starts it and waits until it is ready.
    ///
    /// - Parameters:
    ///   - name: of its log.
    ///   - settings: that differ from the defaults, as for `--set`.
    static func start(
        _ name: String, _ program: CairnProgram, _ settings: [String], on stage: BenchStage
    ) async throws -> ServeProcess {
        let startedNs = Clock.monotonicNs()
        let process = try await program.startServe(name, settings, on: stage)
        var port: UInt16?
        while Clock.monotonicNs() - startedNs < readyWithinMs * 1_000_000 {
            guard process.isRunning else {
                throw BenchFailure.failed("cairn serve has ended:\n\(BenchStage.lastLines(of: process))")
            }
            port = port ?? Self.port(inLog: process.logPath)
            if let port, await Reactor.blocking({ HTTPStatus.of("/readyz", port: port) }) == 200 {
                let seconds = Double(Clock.monotonicNs() - startedNs) / 1e9
                return ServeProcess(process: process, port: port, startSeconds: seconds)
            }
            await Reactor.pause(ms: lookEveryMs)
        }
        throw BenchFailure.failed(
            "cairn serve is not ready after \(readyWithinMs / 1_000) s:\n\(BenchStage.lastLines(of: process))")
    }

    /// It was told to take any port and logged which, as `"listen":"…:PORT"`.
    private static func port(inLog path: String) -> UInt16? {
        guard let log = FileManager.default.contents(atPath: path) else { return nil }
        for line in String(decoding: log, as: UTF8.self).split(separator: "\n") {
            guard let field = line.range(of: #""listen":""#) else { continue }
            let address = line[field.upperBound...].prefix { $0 != "\"" }
            if let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) { return port }
        }
        return nil
    }

    /// - Throws: `BenchFailure` when it has ended.
    func checkRunning() throws(BenchFailure) {
        if !process.isRunning { throw .failed("cairn serve has ended:\n\(BenchStage.lastLines(of: process))") }
    }

    /// - Throws: `BenchFailure` when it ends with anything but 0.
    func stop() async throws {
        process.signal(SIGTERM)
        let status = await process.wait()
        if status != 0 {
            throw BenchFailure.failed(
                "cairn serve ended with \(status) on SIGTERM:\n\(BenchStage.lastLines(of: process))")
        }
    }
}

/// One question about one path.
enum HTTPStatus {
    private static let withinMs: Int32 = 2_000

    /// The status of an answer to GET; nil without one. Blocks for 2 s at most.
    static func of(_ path: String, port: UInt16) -> Int? {
        guard let socket = LoopbackSocket(connectingTo: port) else { return nil }
        defer { close(socket.descriptor) }
        var wait = pollfd(fd: socket.descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&wait, 1, withinMs) == 1 else { return nil }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)
        guard send(socket.descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            return nil
        }
        var reader = AnswerReader()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            if case .answer(let status, _) = reader.look() { return status }
            wait = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wait, 1, withinMs) == 1 else { return nil }
            let count = recv(socket.descriptor, &buffer, buffer.count, 0)
            if count <= 0 { return nil }
            buffer.withUnsafeBytes { reader.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}
