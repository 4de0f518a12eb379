import Foundation
import Testing

@testable import ReadAPI

/// docs/openapi.yaml says what the server does.
@Suite("the OpenAPI document", .timeLimit(.minutes(1)))
struct OpenAPITests {
    @Test("it describes every route with its methods, and nothing else")
    func routes() throws {
        let described = try OpenAPI().operations.mapValues { Set($0.keys) }
        var actual: [String: Set<String>] = [:]
        for name in Route.Name.allCases {
            if let template = name.template { actual[template] = Set(name.methods.map { $0.rawValue.lowercased() }) }
        }
        #expect(described == actual)
    }

    @Test("its parameters, bounds and defaults are those of the server")
    func parameters() throws {
        let document = try OpenAPI()
        for (path, name, range, fallback) in [
            ("/v1/hunts/{hunt}/board", "limit", 1...BoardPage.limitMax, BoardPage.limitDefault),
            (
                "/v1/hunts/{hunt}/players/{player}/around", "radius", 1...BoardAnswers.radiusMax,
                BoardAnswers.radiusDefault
            ),
            ("/v1/hunts/{hunt}/board/stream", "top", 1...ReadResponder.topMax, ReadResponder.topDefault),
        ] {
            let parameters = document.operations[path]?["get"]?["parameters"] as? [Any] ?? []
            let parameter = parameters.map(document.resolved).first { $0["name"] as? String == name }
            let schema = document.resolved(parameter?["schema"])
            #expect(
                schema["minimum"] as? Int == range.lowerBound && schema["maximum"] as? Int == range.upperBound,
                "\(name)")
            #expect(schema["default"] as? Int == fallback, "\(name)")
        }
        let lookup = document.operations["/v1/hunts/{hunt}/players:lookup"]?["post"]?["requestBody"]
        let players = document.content(of: ["content": document.resolved(lookup)["content"] ?? [:]], "application/json")
        let property = document.resolved((players?.schema["properties"] as? [String: Any])?["players"])
        #expect(property["maxItems"] as? Int == BoardAnswers.lookupMax)
    }

    @Test("every example fits its schema, and every reference leads somewhere")
    func examples() throws {
        let document = try OpenAPI()
        var count = 0
        for (path, operations) in document.operations {
            for (method, operation) in operations {
                for (status, response) in operation["responses"] as? [String: Any] ?? [:] {
                    #expect(document.resolved(response)["description"] is String, "\(method) \(path) \(status)")
                    for type in ["application/json", "application/problem+json"] {
                        guard let content = document.content(of: response, type) else { continue }
                        let example = try #require(content.example, "\(path) \(status) has no example")
                        #expect(document.faults(of: example, in: content.schema).isEmpty, "\(path) \(status)")
                        count += 1
                    }
                }
            }
        }
        #expect(count >= 30)
    }

    @Test("what the server answers is what it describes: status, type and every member")
    func answers() async throws {
        let document = try OpenAPI()
        let store = SampleBoards.store([SampleBoards.board(), SampleBoards.board("empty", huntID: 2, players: 0)])
        let assets: PageAssets = { _ in ([1], "text/html") }
        try await HTTPStage.run(store: store, assets: assets) { stage in
            for name in Route.Name.allCases where name != .none {
                let template = try #require(name.template)
                var statuses: Set<Int> = []
                for hunt in ["old-town", "empty", "none", "NONE"] {
                    for player in ["player-000", "player-001", "newcomer", "nobody", "a%20b"] {
                        let path = template.replacing("{hunt}", with: hunt).replacing("{player}", with: player)
                        let body = #"{"players":["\#(player)","player-009"]}"#
                        let answer = name == .lookup ? try await stage.post(path, body) : try await stage.get(path)
                        statuses.insert(answer.status)
                        let operation = document.operations[template]?[name == .lookup ? "post" : "get"]
                        let responses = try #require(operation?["responses"] as? [String: Any])
                        let response = try #require(responses["\(answer.status)"], "\(path): \(answer.status)")
                        let type = String(answer.headers["content-type"]?.prefix { $0 != ";" } ?? "")
                        let content = try #require(document.content(of: response, type), "\(path): \(type)")
                        guard type.hasSuffix("json") else { continue }
                        let faults = document.faults(of: try answer.json(), in: content.schema)
                        #expect(faults.isEmpty, "\(path): \(faults)")
                    }
                }
                #expect(statuses.contains(200), "\(name)")
                if template.contains("{hunt}") { #expect(statuses.isSuperset(of: [400, 404])) }
            }
        }
    }

    @Test("docs/api.md names every route, every kind of problem and the document")
    func page() throws {
        let page = try String(contentsOfFile: OpenAPI.repository + "/docs/api.md", encoding: .utf8)
        for name in Route.Name.allCases {
            if let template = name.template {
                #expect(page.contains("`\(template)`") || page.contains(" \(template)`"), "\(template)")
            }
        }
        for kind in Problem.Kind.allCases {
            #expect(page.contains("| `\(kind.rawValue)` | \(kind.status.code) |"), "\(kind)")
        }
        #expect(page.contains("(openapi.yaml)"))
    }
}
