import Testing

@testable import RedisClient

@Suite struct RedisURLTests {
    struct Good: Sendable {
        var text: String
        var host: String
        var port: UInt16 = 6379
        var isSecure = false
        var user: String?
        var password: String?
        var database = 0
    }

    @Test(
        "every part of a URL is understood and decoded",
        arguments: [
            Good(text: "redis://localhost", host: "localhost"),
            Good(text: "redis://localhost/", host: "localhost"),
            Good(text: "REDIS://localhost:7000", host: "localhost", port: 7000),
            Good(text: "rediss://cache.example:6380/3", host: "cache.example", port: 6380, isSecure: true, database: 3),
            Good(text: "redis://:secret@10.0.0.1", host: "10.0.0.1", password: "secret"),
            Good(
                text: "redis://eve:secret@10.0.0.1:1/15", host: "10.0.0.1", port: 1, user: "eve", password: "secret",
                database: 15),
            Good(text: "redis://e%40ve:p%2Fa%3A%25%C3%A9@h", host: "h", user: "e@ve", password: "p/a:%é"),
            Good(text: "redis://eve:a:b@h", host: "h", user: "eve", password: "a:b"),
            Good(text: "redis://@h", host: "h"),
            Good(text: "redis://:@h", host: "h"),
            Good(text: "redis://[::1]", host: "::1"),
            Good(text: "redis://:p@[fe80::1]:65535/0", host: "fe80::1", port: 65_535, password: "p"),
        ])
    func understands(_ good: Good) throws {
        let url = try RedisURL(good.text)
        #expect(url.server == Server(host: good.host, port: good.port))
        #expect(url.isSecure == good.isSecure)
        #expect(url.user == good.user)
        #expect(url.password == good.password)
        #expect(url.database == good.database)
    }

    @Test(
        "a wrong URL is refused with what is wrong, and its password never shows",
        arguments: [
            ("", "redis://"), ("localhost:6379", "redis://"), ("http://:hunter2@h", "redis://"),
            ("redis://", "host is missing"), ("redis://:hunter2@", "host is missing"),
            ("redis://:hunter2@:6379", "host is missing"),
            ("redis://:hunter2@h:0", "1 to 65535"), ("redis://:hunter2@h:65536", "1 to 65535"),
            ("redis://:hunter2@h:+1", "1 to 65535"), ("redis://:hunter2@h:", "1 to 65535"),
            ("redis://:hunter2@h:６", "1 to 65535"),
            ("redis://:hunter2@h/one", "a number"), ("redis://:hunter2@h/-1", "a number"),
            ("redis://:hunter2@h/1/2", "a number"),
            ("redis://:hunter2@h?timeout=1", "%3F"), ("redis://:hunter2#@h", "%23"),
            ("redis://:hunter2/@h", "%2F"), ("redis://:hunter2@@h", "%40"), ("redis://:hunter2%4@h", "hexadecimal"),
            ("redis://:hunter2%zz@h", "hexadecimal"), ("redis://:hunter2%ff@h", "UTF-8"),
            ("redis://hunter2@h", "needs a password"),
            ("redis://:hunter2@::1", "[ ]"), ("redis://:hunter2@[::1", "]"), ("redis://:hunter2@[::1]6379", "]"),
            ("redis://:hunter2@a b", "no host has"), ("redis://:hunter2@a,b", "no host has"),
        ])
    func refuses(_ text: String, _ reason: String) {
        let error = #expect(throws: RedisError.self) { try RedisURL(text) }
        guard case .invalidSettings(let message) = error else {
            Issue.record("\(text) gives \(String(describing: error))")
            return
        }
        #expect(message.contains(reason))
        #expect(!message.contains("hunter2"))
    }
}
