import FlowCore
import Reactor
import Testing

extension Ports {
    /// What the engine relies on, of any `ScoreFeed`.
    @Reactor
    @Suite(.timeLimit(.minutes(2))) struct FeedTests {
        @Test(
            "every record is delivered once and told once, a player's in the order of sending",
            arguments: Implementation.allCases)
        func delivery(_ implementation: Implementation) async throws {
            try await withFeed(implementation) { stage async throws in
                for version in 1...20 as ClosedRange<Int64> {
                    for player in ["anna", "bert"] {
                        try await stage.patience.until("room") { stage.feed.send(.sample(player, version)) }
                    }
                }
                try await stage.patience.until("40 deliveries") { stage.engine.feedDeliveredCount >= 40 }
                for player in ["anna", "bert"] {
                    try await stage.patience.until("20 records") { try await stage.versions(of: player).count >= 20 }
                    #expect(try await stage.versions(of: player) == Array(1...20))
                }
                #expect(stage.engine.feedDeliveredCount == 40 && stage.engine.feedFailures == 0)
            }
        }

        @Test(
            "a reader that keeps the newest version is not led astray by an older one",
            arguments: Implementation.allCases)
        func newest(_ implementation: Implementation) async throws {
            try await withFeed(implementation) { stage async throws in
                for version in [3, 9, 7] as [Int64] {
                    try await stage.patience.until("room") { stage.feed.send(.sample("anna", version)) }
                }
                try await stage.patience.until("three records") { try await stage.versions(of: "anna").count >= 3 }
                #expect(try await stage.versions(of: "anna") == [3, 9, 7])
                #expect(try await stage.newest(of: "anna") == "\(PublishItem.sample("anna", 9).text) 2@79")
            }
        }

        @Test("a score of nothing is told with no moment of reaching it", arguments: Implementation.allCases)
        func zero(_ implementation: Implementation) async throws {
            try await withFeed(implementation) { stage async throws in
                let item = PublishItem.sample("anna", 2, score: 0)
                #expect(stage.feed.send(item))
                try await stage.patience.until("a record") { try await stage.newest(of: "anna") != nil }
                #expect(try await stage.newest(of: "anna") == "2 0 0 - \(item.committedAt) 2@72")
            }
        }

        @Test(
            "a full queue takes no more until it has room, and what it took arrives", arguments: Implementation.allCases
        )
        func fullQueue(_ implementation: Implementation) async throws {
            try await withFeed(implementation) { stage async throws in
                try await stage.stall()
                for version in 1...3 as ClosedRange<Int64> { #expect(stage.feed.send(.sample("anna", version))) }
                #expect(!stage.feed.send(.sample("anna", 4)))
                #expect(!stage.feed.send(.sample("anna", 4)))
                #expect(stage.engine.feedDeliveredCount == 0)
                try await stage.goOn()
                try await stage.patience.until("room") { stage.feed.send(.sample("anna", 4)) }
                try await stage.patience.until("four deliveries") { stage.engine.feedDeliveredCount >= 4 }
                try await stage.patience.until("four records") { try await stage.versions(of: "anna").count >= 4 }
                #expect(try await stage.versions(of: "anna") == [1, 2, 3, 4])
            }
        }

        @Test(
            "a record that is not taken is told as failed, and sent again it arrives",
            arguments: Implementation.allCases)
        func failure(_ implementation: Implementation) async throws {
            try await withFeed(implementation) { stage async throws in
                #expect(stage.feed.send(.sample("anna", 1)))
                try await stage.patience.until("a delivery") { stage.engine.feedDeliveredCount == 1 }
                try await stage.loseNext()
                #expect(stage.feed.send(.sample("anna", 2)))
                try await stage.patience.until("a failed delivery") { stage.engine.feedFailures > 0 }
                #expect(stage.engine.feedFailures == 1 && stage.engine.feedDeliveredCount == 1)
                #expect(stage.feed.send(.sample("anna", 2)))
                try await stage.patience.until("the second delivery") { stage.engine.feedDeliveredCount == 2 }
                try await stage.patience.until("the record") { try await stage.versions(of: "anna").contains(2) }
                #expect(stage.engine.feedFailures == 1)
            }
        }
    }
}
