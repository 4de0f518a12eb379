import Reactor

/// A command ready to be written, kept until its reply so that it can be sent again. The arguments share the caller's
/// buffers; nothing is copied but the head.
struct Command: Sendable {
    /// `*N\r\n` and the words before the arguments.
    var head: [UInt8]
    var keys: RedisArguments
    var arguments: RedisArguments

    init(_ words: RedisArguments) {
        head = Array("*\(words.count)\r\n".utf8)
        keys = words
        arguments = RedisArguments()
    }

    /// `EVALSHA sha1 numkeys key... argument...`
    init(_ script: RedisScript, keys: RedisArguments, arguments: RedisArguments) {
        var words = RedisArguments("EVALSHA", script.sha1)
        words.append(Int64(keys.count))
        let count = Array("*\(words.count + keys.count + arguments.count)\r\n".utf8)
        head = words.withEncoded { count + $0 }
        self.keys = keys
        self.arguments = arguments
    }

    var byteCount: Int { head.count + keys.byteCount + arguments.byteCount }

    mutating func clear() {
        head = []
        keys = RedisArguments()
        arguments = RedisArguments()
    }

    func write(to output: inout OutputBuffer) {
        head.withUnsafeBytes { output.append($0) }
        keys.withEncoded { output.append($0) }
        arguments.withEncoded { output.append($0) }
    }
}

/// One call and who waits for it. It may be under way on two connections at a time; the first reply wins.
@Reactor
final class Call {
    /// An error reply is a `.success(.error(…))`: the server did answer.
    typealias Completion = @Reactor (Result<RedisReply, RedisError>) -> Void

    /// Emptied when the call is done, so that the caller's buffers are its own again.
    private(set) var command: Command
    /// Whether ASKING goes before it (a slot that is moving).
    let isAsking: Bool
    private(set) var attempts = 0
    private var underWay = 0
    private var completion: Completion?

    init(_ command: Command, isAsking: Bool = false, _ completion: @escaping Completion) {
        self.command = command
        self.isAsking = isAsking
        self.completion = completion
    }

    var isDone: Bool { completion == nil }

    func wasSent() {
        attempts += 1
        underWay += 1
    }

    func wasAnswered(_ reply: RedisReply) {
        underWay -= 1
        finish(.success(reply))
    }

    /// One attempt ended without a reply. Another attempt may still bring it.
    func wasLost(_ error: RedisError) {
        underWay -= 1
        if underWay == 0 { finish(.failure(error)) }
    }

    /// The call was never sent.
    func wasRejected(_ error: RedisError) { finish(.failure(error)) }

    private func finish(_ result: Result<RedisReply, RedisError>) {
        guard let completion else { return }
        self.completion = nil
        command.clear()
        completion(result)
    }
}

/// What a connection waits for, in the order of sending.
struct Expected {
    /// nil for ASKING, whose OK nobody waits for.
    let call: Call?
    /// After this the attempt is late.
    let deadlineNs: Int64
}

/// A queue with cheap ends, whose elements can also be walked once from the front.
struct ExpectedQueue {
    private var elements: [Expected?] = []
    private var head = 0
    /// Position of the first element whose deadline was not reported yet.
    private var firstUnreported = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { head == elements.count }

    mutating func append(_ expected: Expected) { elements.append(expected) }

    /// The oldest element, and whether its deadline was reported.
    mutating func popFirst() -> (Expected, wasReported: Bool)? {
        guard !isEmpty, let first = elements[head] else { return nil }
        let wasReported = head < firstUnreported
        elements[head] = nil
        head += 1
        firstUnreported = max(firstUnreported, head)
        if head == elements.count {
            elements.removeAll(keepingCapacity: elements.capacity <= 4_096)
            head = 0
            firstUnreported = 0
        } else if head >= 1_024, head * 2 >= elements.count {
            elements.removeFirst(head)
            firstUnreported -= head
            head = 0
        }
        return (first, wasReported)
    }

    /// The next deadline to look at; nil when all were reported.
    var nextDeadlineNs: Int64? {
        firstUnreported < elements.count ? elements[firstUnreported]?.deadlineNs : nil
    }

    /// Each element once, when its deadline has passed. Deadlines grow from front to back.
    mutating func popReportable(atNs now: Int64) -> Expected? {
        guard let deadline = nextDeadlineNs, deadline <= now else { return nil }
        defer { firstUnreported += 1 }
        return elements[firstUnreported]
    }
}
