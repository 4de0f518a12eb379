import DevStack
import Foundation
import Reactor

/// One `cairn worker`, a process of its own.
struct WorkerProcess: Sendable {
    let process: DevProcess

    var pid: Int32 { process.pid }
    var isRunning: Bool { process.isRunning }

    /// All it has printed so far; it logs to stderr.
    var log: String {
        FileManager.default.contents(atPath: process.logPath).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    func signal(_ number: Int32) { process.signal(number) }

    /// Kills it with SIGKILL and waits for its end.
    func kill() async {
        process.signal(SIGKILL)
        await process.wait()
    }

    /// Asks it to stop.
    ///
    /// - Returns: its exit status and how long it took, in milliseconds.
    func stop() async -> (status: Int32, tookMs: Int64) {
        let start = Clock.monotonicMs()
        process.signal(SIGTERM)
        let status = await process.wait()
        return (status, Clock.monotonicMs() - start)
    }

    /// The metrics page; nil while it cannot be had.
    func metrics() async -> String? {
        guard let port = metricsPort else { return nil }
        return await Reactor.blocking { httpGet(port: port, path: "/metrics") }
    }

    /// The value of one sample, such as `cairn_leases_lost_total`.
    func metric(_ name: String) async -> Double? {
        await metrics()?.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { Double($0.dropFirst(name.utf8.count + 1)) }
    }

    /// The values of all samples of a name, by their labels; nil while the page cannot be had.
    func samples(_ name: String) async -> [String: Double]? {
        guard let page = await metrics() else { return nil }
        return PrometheusText(page).samples.filter { $0.key.hasPrefix(name + "{") }
    }

    /// Bytes of memory that it occupies (VmRSS of proc(5)); 0 when it has ended.
    var residentBytes: Int {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
        else { return 0 }
        return (line.split(separator: " ").dropLast().last.flatMap { Int($0) } ?? 0) << 10
    }

    /// The port that it logged, for it was told to take any.
    var metricsPort: UInt16? {
        for line in log.split(separator: "\n") where line.contains("\"metrics\"") {
            let digits = line.split(separator: ":").last?.prefix { $0.isNumber }
            if let port = digits.flatMap({ UInt16($0) }) { return port }
        }
        return nil
    }
}

/// The body of a page at a port of this machine; nil when there is none within 5 s. Blocks.
private func httpGet(port: UInt16, path: String) -> String? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard status == 0 else { return nil }
    let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
    guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count <= 0 { break }
        answer += chunk[..<count]
    }
    let text = String(decoding: answer, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    return String(text[end.upperBound...])
}
