import Reactor
import Testing

extension ServiceTests {
    @Suite("A site")
    struct SiteTests {
        @Test("a site that is asked while it is asked answers both", .timeLimit(.minutes(2)))
        @Reactor
        func twoAsk() async throws {
            try await withSite(partitions: 1, hunts: []) { site in
                async let slow = site.query("select pg_sleep(0.2), 'slow'")
                async let fast = site.query("select 'fast'")
                let answers = try await (slow, fast)
                #expect(answers.0.text(0, 1) == "slow")
                #expect(answers.1.text(0, 0) == "fast")
            }
        }
    }
}
