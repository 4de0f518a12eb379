import Randomness
import Testing

@testable import FlowCore

@Suite("the buckets of clients")
struct ClientBucketsTests {
    static func client(_ number: Int) -> ClientKey {
        withUnsafeBytes(of: UInt32(number).bigEndian) { ClientKey(address: $0) }
    }

    /// Places as the buckets have them, each looked through; the one that is full first goes.
    struct NaiveBuckets {
        let perClient: (thousandths: Int64, burst: Int64)
        let capacity: Int
        var overall: NaiveBucket
        var places: [(client: Int, bucket: NaiveBucket)] = []
        var forgottenEarly = 0

        enum Answer { case allowed, clientRefused, overallRefused }

        private func fullAtMs(_ bucket: NaiveBucket, nowMs: Int64) -> Int64 {
            let missing = Int128(perClient.burst) * 1_000_000 - bucket.level(nowMs: nowMs)
            let rate = Int128(perClient.thousandths)
            return nowMs + Int64((missing + rate - 1) / rate)
        }

        /// When each bucket will be or was full; a full one was so when nothing was missing for the first time.
        var fullSinceMs: [Int64] = []

        mutating func take(_ client: Int, nowMs: Int64) -> Answer {
            let place = places.firstIndex { $0.client == client }
            var bucket =
                place.map { places[$0].bucket }
                ?? NaiveBucket(thousandthsPerSecond: perClient.thousandths, burst: perClient.burst)
            if !bucket.has(1, nowMs: nowMs) { return .clientRefused }
            if !overall.has(1, nowMs: nowMs) { return .overallRefused }
            overall.take(1, nowMs: nowMs)
            bucket.take(1, nowMs: nowMs)
            let fullMs = fullAtMs(bucket, nowMs: nowMs)
            if let place {
                places[place].bucket = bucket
                fullSinceMs[place] = fullMs
                return .allowed
            }
            let first = fullSinceMs.indices.min { (fullSinceMs[$0], $0) < (fullSinceMs[$1], $1) }
            if let first, fullSinceMs[first] <= nowMs || places.count == capacity {
                if fullSinceMs[first] > nowMs { forgottenEarly += 1 }
                places[first] = (client, bucket)
                fullSinceMs[first] = fullMs
            } else {
                places.append((client, bucket))
                fullSinceMs.append(fullMs)
            }
            return .allowed
        }
    }

    /// - Parameter capacity: nil for the one that is proved to be enough.
    private func compare(capacity: Int?, seed: UInt64, steps: Int) -> ClientBucketsCounters {
        let perClient = (thousandths: Int64(1_700), burst: Int64(3))
        let all = (thousandths: Int64(11_000), burst: Int64(10))
        let rate = TokenRate(thousandthsPerSecond: perClient.thousandths, burst: perClient.burst)
        let buckets = ClientBuckets(
            perClient: rate, overall: TokenRate(thousandthsPerSecond: all.thousandths, burst: all.burst),
            capacity: capacity, seed: seed)
        var naive = NaiveBuckets(
            perClient: perClient, capacity: buckets.capacity,
            overall: NaiveBucket(thousandthsPerSecond: all.thousandths, burst: all.burst))
        var random = SplitMix64(seed: seed)
        var clock = StrangeClock(seed: seed, edgesMs: [91, 589, rate.msToFill])
        for _ in 0..<steps {
            clock.step()
            let number = random.chance(50) ? random.below(5) : random.below(60)
            let answer = buckets.take(Self.client(number), nowMs: clock.nowMs)
            let before = naive
            let expected = naive.take(number, nowMs: clock.nowMs)
            switch answer {
            case .allowed: #expect(expected == .allowed)
            case .clientRefused(let retryAfterMs):
                #expect(expected == .clientRefused)
                expectExact(retryAfterMs, before, number, nowMs: clock.nowMs)
            case .overallRefused(let retryAfterMs):
                #expect(expected == .overallRefused)
                expectExact(retryAfterMs, before, number, nowMs: clock.nowMs)
            }
            #expect(buckets.count == naive.places.count && buckets.count <= buckets.capacity)
            let tokens = naive.overall.level(nowMs: clock.nowMs) / 1_000_000
            #expect(Int128(buckets.overallTokens(nowMs: clock.nowMs)) == tokens)
        }
        #expect(buckets.counters.forgottenEarly == naive.forgottenEarly)
        return buckets.counters
    }

    /// The request is allowed after the wait, and not before.
    private func expectExact(_ retryAfterMs: Int64, _ naive: NaiveBuckets, _ client: Int, nowMs: Int64) {
        var then = naive
        #expect(then.take(client, nowMs: nowMs + retryAfterMs) == .allowed)
        var before = naive
        #expect(before.take(client, nowMs: nowMs + retryAfterMs - 1) != .allowed)
    }

    @Test(
        "they answer as buckets would of which none is ever forgotten before it is full",
        arguments: 1...4 as ClosedRange<UInt64>)
    func likeUnboundedOnes(seed: UInt64) {
        let counters = compare(capacity: nil, seed: seed, steps: 6_000)
        #expect(counters.forgottenEarly == 0)
        let fewest = min(counters.forgotten, counters.clientRefused, counters.overallRefused)
        #expect(fewest > 50, "\(counters)")
    }

    @Test("with too little room the bucket nearest to full is forgotten", arguments: [1, 2, 5])
    func tooSmall(capacity: Int) {
        let counters = compare(capacity: capacity, seed: UInt64(capacity), steps: 6_000)
        #expect(counters.forgottenEarly > 100)
    }

    @Test("a million clients at one moment and a million over time take no more memory than the bound")
    func manyClients() {
        for stepMs in [0, 1] as [Int64] {
            let buckets = ClientBuckets(
                perClient: TokenRate(perSecond: 1, burst: 2),
                overall: TokenRate(perSecond: TokenRate.most, burst: TokenRate.most), capacity: 10_000, seed: 3)
            for number in 0..<1_000_000 { _ = buckets.take(Self.client(number), nowMs: Int64(number) * stepMs) }
            #expect(buckets.counters.allowed == 1_000_000)
            #expect(buckets.byteCount <= 64 * 10_000 + 1_024)
            // Without time nobody is full again; with it a thousand come while one fills up.
            #expect(buckets.count == (stepMs == 0 ? 10_000 : 1_000))
            #expect(buckets.counters.forgottenEarly == (stepMs == 0 ? 990_000 : 0))
        }
    }

    @Test("the capacity that is taken by itself suffices for a flood of a million clients")
    func capacityByItself() {
        let perClient = TokenRate(perSecond: 20, burst: 40)
        let overall = TokenRate.aboveSteady(perSecond: 5_000)
        let buckets = ClientBuckets(perClient: perClient, overall: overall, seed: 9)
        #expect(buckets.capacity == 5_500 + 2_000 * 5_500 / 1_000 + 1)
        for number in 0..<1_000_000 {
            _ = buckets.take(Self.client(number), nowMs: Int64(number / 100))
        }
        #expect(buckets.counters.overallRefused > 900_000)
        #expect(buckets.counters.forgottenEarly == 0)
        #expect(buckets.byteCount <= 64 * buckets.capacity + 1_024)
    }

    @Test("a client that is refused costs the others nothing, and all together cost a client nothing")
    func bothOrNeither() {
        let buckets = ClientBuckets(
            perClient: TokenRate(perSecond: 1, burst: 2), overall: TokenRate(perSecond: 1, burst: 4), seed: 1)
        for _ in 0..<2 { #expect(buckets.take(Self.client(1), nowMs: 0) == .allowed) }
        for _ in 0..<50 { #expect(buckets.take(Self.client(1), nowMs: 0) == .clientRefused(retryAfterMs: 1_000)) }
        for _ in 0..<2 { #expect(buckets.take(Self.client(2), nowMs: 0) == .allowed) }
        for _ in 0..<50 { #expect(buckets.take(Self.client(3), nowMs: 0) == .overallRefused(retryAfterMs: 1_000)) }
        #expect(buckets.count == 2, "a refused client was remembered")
        for second in 1...2 as ClosedRange<Int64> {
            #expect(buckets.take(Self.client(3), nowMs: second * 1_000) == .allowed)
        }
    }

    @Test("an IPv4 address is a client, also within IPv6; of IPv6 the network is; all else is one client")
    func keys() {
        func key(_ bytes: [UInt8]) -> ClientKey { bytes.withUnsafeBytes { ClientKey(address: $0) } }
        let network: [UInt8] = [0x20, 0x01, 0x0D, 0xB8, 0, 1, 0, 2]
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        let zeros = [UInt8](repeating: 0, count: 8)
        #expect(key([192, 0, 2, 1]) == key(mapped + [192, 0, 2, 1]))
        #expect(key([192, 0, 2, 1]) != key([192, 0, 2, 2]))
        #expect(key(network + [1, 2, 3, 4, 5, 6, 7, 8]) == key(network + zeros))
        #expect(key(network + zeros) != key([0x20, 0x01, 0x0D, 0xB8, 0, 1, 0, 3] + zeros))
        #expect(key([]) == .other && key([1, 2, 3]) == .other)
        #expect(Set([key([0, 0, 0, 0]), key(zeros + [0, 0, 0, 0, 0, 0, 0, 1]), .other]).count == 3)
    }
}
