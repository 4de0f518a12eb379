import Foundation
import Reactor
import Testing

@testable import RedisClient

@Reactor
@Suite struct RedisTLSTests {
    /// A self-signed certificate, which is its own authority.
    private struct Certificate {
        let directory: URL
        var file: String { directory.appendingPathComponent("cert.pem").path }
        var key: String { directory.appendingPathComponent("key.pem").path }

        init(for names: String) async throws {
            directory = FileManager.default.temporaryDirectory.appendingPathComponent("redis-tls-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            try await run(
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2",
                "-subj", "/CN=redis", "-addext", "subjectAltName=\(names)", "-keyout", key, "-out", file)
        }

        func remove() { try? FileManager.default.removeItem(at: directory) }
    }

    private func server(_ certificate: Certificate, asksForCertificate: Bool = false) async throws -> RedisServer {
        let port = FreePort.find()
        return try await RedisServer(
            port: port, plain: false, "--port", "0", "--tls-port", String(port), "--tls-cert-file", certificate.file,
            "--tls-key-file", certificate.key, "--tls-ca-cert-file", certificate.file,
            "--tls-auth-clients", asksForCertificate ? "yes" : "no")
    }

    @Test("calls pass through TLS by address and by name, large ones too")
    func secure() async throws {
        let certificate = try await Certificate(for: "DNS:localhost,IP:127.0.0.1")
        defer { certificate.remove() }
        let server = try await server(certificate)
        for host in ["127.0.0.1", "localhost"] {
            let client = try await RedisClient.connected("rediss://\(host):\(server.port)") {
                $0.authorityFile = certificate.file
            }
            try await expectRoundTrip(client, 3)
            try await expectRoundTrip(client, 1 << 20)
            let calls = (0..<1_000).map { number in Task { try await client.say("ECHO", String(number)) } }
            for (number, call) in calls.enumerated() {
                #expect(try await call.value == .bulk(Array(String(number).utf8)))
            }
            client.close()
        }
        server.stop()
    }

    @Test("an authority that is not trusted, and a name that is not in the certificate, are refused")
    func untrusted() async throws {
        let certificate = try await Certificate(for: "DNS:elsewhere.example")
        defer { certificate.remove() }
        let server = try await server(certificate)
        let url = "rediss://127.0.0.1:\(server.port)"
        let unknown = await failureOfConnecting(url)
        #expect(unknown?.description.contains("self-signed certificate") == true)
        let misnamed = await failureOfConnecting(url) { $0.authorityFile = certificate.file }
        #expect(misnamed?.description.contains("IP address mismatch") == true)
        #expect(misnamed?.description.contains("trusted authorities") == true)
        server.stop()
    }

    @Test("plain against TLS and TLS against plain end with a hint, not a hang")
    func mixedUp() async throws {
        let certificate = try await Certificate(for: "IP:127.0.0.1")
        defer { certificate.remove() }
        let secure = try await server(certificate)
        let plain = try await RedisServer()
        for url in ["redis://127.0.0.1:\(secure.port)", "rediss://127.0.0.1:\(plain.port)"] {
            let error = await failureOfConnecting(url) { $0.connectTimeoutMs = 2_000 }
            guard case .unreachable(let message) = error else {
                Issue.record("\(url): \(String(describing: error))")
                continue
            }
            #expect(message.contains("rediss://"))
        }
        secure.stop()
        plain.stop()
    }

    @Test("a server that asks for a certificate gets ours, and without one it says no")
    func ownCertificate() async throws {
        let certificate = try await Certificate(for: "IP:127.0.0.1")
        defer { certificate.remove() }
        let server = try await server(certificate, asksForCertificate: true)
        let url = "rediss://127.0.0.1:\(server.port)"
        let shown = await failureOfConnecting(url) {
            $0.authorityFile = certificate.file
            $0.certificateFile = certificate.file
            $0.keyFile = certificate.key
        }
        #expect(shown == nil)
        let error = await failureOfConnecting(url) { $0.authorityFile = certificate.file }
        #expect(error?.description.contains("certificate required") == true)
        server.stop()
    }

    @Test("a file that cannot be used is named before anything is connected")
    func wrongFiles() async {
        let changes: [(inout RedisSettings) -> Void] = [
            { $0.authorityFile = "/nonexistent.pem" }, { $0.certificateFile = "/nonexistent.pem" },
            { $0.keyFile = "/nonexistent.pem" },
        ]
        for change in changes {
            let error = await failureOfConnecting("rediss://127.0.0.1:1", change)
            guard case .invalidSettings(let message) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(message.contains("/nonexistent.pem"))
        }
    }
}
