import CRdkafka
import Reactor

/// Settings of a client that is not made yet. Owns one `rd_kafka_conf_t`.
struct ConfigurationHandle: ~Copyable {
    private let configuration: OpaquePointer

    /// - Parameter events: which `RD_KAFKA_EVENT_…` come through the client's queue.
    /// - Throws: `KafkaError.invalidProperty`.
    init(_ properties: KafkaSettings.Properties, events: Int32) throws(KafkaError) {
        configuration = rd_kafka_conf_new()
        rd_kafka_conf_set_events(configuration, events | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG)
        for (name, value) in properties { try set(name, value) }
    }

    deinit { rd_kafka_conf_destroy(configuration) }

    private func set(_ name: String, _ value: String) throws(KafkaError) {
        var failed = false
        let reason = Self.message { text, size in
            failed = rd_kafka_conf_set(configuration, name, value, text, size) != RD_KAFKA_CONF_OK
        }
        if failed { throw .invalidProperty(name: name, reason: reason) }
    }

    /// - Throws: `KafkaError.invalidProperty` when settings contradict each other.
    consuming func makeClient(_ type: rd_kafka_type_t) throws(KafkaError) -> ClientHandle {
        var client: OpaquePointer?
        let reason = Self.message { text, size in client = rd_kafka_new(type, configuration, text, size) }
        // Only a client that was made has taken the configuration over.
        guard let client else {
            _ = consume self
            throw .invalidProperty(name: "combination", reason: reason)
        }
        discard self
        return ClientHandle(client)
    }

    private static func message(_ body: (UnsafeMutablePointer<CChar>, Int) -> Void) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
            text.initialize(repeating: 0)
            guard let start = text.baseAddress else { return "" }
            body(start, text.count)
            return String(cString: start)
        }
    }
}

/// One librdkafka client. Owns exactly one `rd_kafka_t` and destroys it exactly once.
struct ClientHandle: ~Copyable {
    /// `nil` once the client is closed.
    private(set) var pointer: OpaquePointer?

    init(_ client: OpaquePointer) { pointer = client }

    /// A client that nobody closed: blocks until its threads have ended, without leaving the group.
    deinit {
        if let pointer { ClientReference(pointer: pointer).destroy() }
    }

    /// Hands the duty to destroy the client over to the caller.
    mutating func take() -> ClientReference? {
        defer { pointer = nil }
        return pointer.map(ClientReference.init)
    }
}

/// Lets another thread use a client for one call. librdkafka's clients are thread-safe; whoever makes a reference
/// sees to it that the client outlives it.
struct ClientReference: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Ends the client on another thread and waits at most `timeoutMs` for it; later it ends unwatched.
    ///
    /// A client that leaves a group while the broker still holds its request to join ends only when the broker answers
    /// that one, which may take minutes: the request to leave stands behind it on the same connection.
    @Reactor
    func destroy(waitingAtMostMs timeoutMs: Int64) async {
        let ending = Ending()
        Task { @Reactor in
            await Reactor.blocking { destroy() }
            ending.isOver = true
        }
        let deadline = Clock.monotonicMs() + timeoutMs
        while !ending.isOver, Clock.monotonicMs() < deadline { await Reactor.pause(ms: 2) }
    }

    /// Blocks until librdkafka's threads have ended.
    func destroy() { rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE) }
}

@Reactor
private final class Ending {
    var isOver = false
}
