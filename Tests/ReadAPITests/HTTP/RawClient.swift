import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// An answer as it came.
struct RawAnswer: Sendable {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a JSON object.
    func json() throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(body))
        guard let object = value as? [String: Any] else { throw ClientFailure("no object: \(text)") }
        return object
    }

    /// The end of a problem's type.
    func problem() throws -> String {
        let type = try json()["type"] as? String ?? ""
        return type.replacing("urn:cairn:problem:", with: "")
    }
}

struct ClientFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A connection on which a test says exactly what it wants and reads what comes back.
final class RawClient: Sendable {
    private struct Received {
        var bytes: [UInt8] = []
        var isClosed = false
        /// What has happened, so that nobody waits for what is there.
        var changes = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let received: Box
        init(_ received: Box) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            received.change { $0.bytes += bytes.readableBytesView }
        }
        func channelInactive(context: ChannelHandlerContext) { received.change { $0.isClosed = true } }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private final class Box: Sendable {
        let state = Mutex(Received())

        func change(_ body: (inout Received) -> Void) {
            let waiter = state.withLock { state in
                body(&state)
                state.changes += 1
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }

    private let channel: any Channel
    private let box: Box

    private init(_ channel: any Channel, _ box: Box) {
        self.channel = channel
        self.box = box
    }

    static func open(_ port: Int, isReading: Bool = true) async throws -> RawClient {
        let box = Box()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: isReading)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(box))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawClient(channel, box)
    }

    func close() async { try? await channel.close() }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// - Returns: whether the other end closed the connection, within 10 s.
    func isClosed() async -> Bool {
        (try? await take { $0.isClosed ? true : nil }) ?? false
    }

    /// The next answer, whole.
    ///
    /// - Parameter isHead: whether it answers HEAD and so has no body.
    func answer(isHead: Bool = false) async throws -> RawAnswer {
        try await take { received in
            guard let (answer, count) = try Self.parse(received.bytes, isHead: isHead, isClosed: received.isClosed)
            else {
                if received.isClosed { throw ClientFailure("closed after \(received.bytes.count) bytes") }
                return nil
            }
            received.bytes.removeFirst(count)
            return answer
        }
    }

    /// Waits until `text` has come, and takes all that came.
    func read(until text: String) async throws -> String {
        try await take { received in
            let all = String(decoding: received.bytes, as: UTF8.self)
            guard all.contains(text) else {
                if received.isClosed { throw ClientFailure("closed after \(all)") }
                return nil
            }
            received.bytes = []
            return all
        }
    }

    private func take<Value: Sendable>(_ body: (inout Received) throws -> Value?) async throws -> Value {
        let deadline = NIODeadline.now() + .seconds(10)
        let alarm = channel.eventLoop.scheduleTask(deadline: deadline) { [box] in box.change { _ in } }
        defer { alarm.cancel() }
        while true {
            let (value, count) = try box.state.withLock { state in (try body(&state), state.changes) }
            if let value { return value }
            if NIODeadline.now() >= deadline { throw ClientFailure("nothing came for 10 s") }
            await withCheckedContinuation { continuation in
                let isNew = box.state.withLock { state in
                    if state.changes == count { state.waiter = continuation }
                    return state.changes != count
                }
                if isNew { continuation.resume() }
            }
        }
    }

    // MARK: Parsing

    private static func parse(
        _ bytes: [UInt8], isHead: Bool, isClosed: Bool
    ) throws -> (RawAnswer, count: Int)? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw ClientFailure("no answer: \(lines[0])")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1] : ""
        }
        var answer = RawAnswer(status: status, headers: headers, body: [])
        let start = end.upperBound
        if isHead || status == 204 || status == 304 || status < 200 { return (answer, start) }
        if headers["transfer-encoding"] == "chunked" {
            guard let (body, end) = chunks(bytes[start...]) else { return nil }
            answer.body = body
            return (answer, end)
        }
        guard let length = headers["content-length"].flatMap({ Int($0) }) else {
            throw ClientFailure("neither a length nor chunks: \(lines)")
        }
        guard bytes.count >= start + length else { return nil }
        answer.body = Array(bytes[start..<start + length])
        return (answer, start + length)
    }

    private static func chunks(_ bytes: ArraySlice<UInt8>) -> (body: [UInt8], end: Int)? {
        var body: [UInt8] = []
        var rest = bytes
        let newline = Array("\r\n".utf8)
        while let line = rest.firstRange(of: newline) {
            guard let count = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16),
                rest.endIndex >= line.upperBound + count + 2
            else { return nil }
            body += rest[line.upperBound..<line.upperBound + count]
            rest = rest[(line.upperBound + count + 2)...]
            if count == 0 { return (body, rest.startIndex) }
        }
        return nil
    }
}
