import Testing

@testable import ReadAPI

@Suite("addresses")
struct RequestTargetTests {
    @Test("segments and parameters are unescaped; of equal names the first counts")
    func parts() throws {
        let target = try #require(RequestTarget("/v1/hunts/a%2Fb/players/a%40b+c?limit=5&x&limit=6&cursor=a%3Db&=z"))
        #expect(target.segments == ["v1", "hunts", "a/b", "players", "a@b+c"])
        #expect(target.parameter("limit") == .some("5"))
        #expect(target.parameter("x") == .some(""))
        #expect(target.parameter("cursor") == .some("a=b"))
        #expect(target.parameter("top") == .none)
        #expect(RequestTarget("/")?.segments == [])
        #expect(RequestTarget("/?a=%zz")?.parameter("a") == .some(nil))
    }

    @Test(
        "what is no path is none",
        arguments: [
            "", "x", "*", "http://a/b", "//", "/a/", "/a//b", "/%", "/%1", "/%zz", "/%ff", "/1/2/3/4/5/6/7/8/9",
        ])
    func faulty(text: String) { #expect(RequestTarget(text) == nil) }

    @Test("every route is found by its address, and by no other")
    func routes() throws {
        for name in Route.Name.allCases {
            guard let template = name.template else { continue }
            let path = template.replacing("{hunt}", with: "h").replacing("{player}", with: "p")
            #expect(RequestTarget(path).flatMap(Route.init)?.name == name)
            if name != .page { #expect(RequestTarget(path + "/x").flatMap(Route.init)?.name != name) }
        }
        for path in ["/v1", "/v2/hunts", "/v1/hunts/h/x", "/v1/hunts/h/players", "/healthz/x", "/v1/hunts/h/board/x"] {
            #expect(RequestTarget(path).flatMap(Route.init) == nil, "\(path)")
        }
    }
}
