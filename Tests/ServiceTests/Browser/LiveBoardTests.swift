import DevStack
import Foundation
import Reactor
import Testing

extension ServiceTests {
    /// Tests/Browser/board.py looks at the page; this brings the servers.
    @Suite("Live board")
    struct LiveBoard {
        @Test(
            "the page shows exact standings in a browser and survives a restart of the server",
            .enabled(if: Browser.installed != nil, "skipped: no Chromium or playwright here; `make setup` brings both"),
            .timeLimit(.minutes(6)))
        @Reactor
        func inBrowser() async throws {
            phase("live board in a browser")
            let browser = try #require(Browser.installed)
            try await withSite { site in
                try await site.startWorkers()
                let load = try ScanLoad(site, seed: 5, players: 120)
                var settings = site.settings
                settings.extra += "\nhttp: {listen: \"127.0.0.1:\(try freePort())\"}"
                var serve = try await start(site, settings)
                load.start(perSecond: 40)
                let looking = try await look(site, browser, serve, settings)
                let log = WorkerProcess(process: looking)
                while looking.isRunning, !log.log.contains("board: moved") {
                    if !serve.process.isRunning { serve = try await start(site, settings) }
                    await Reactor.pause(ms: 20)
                }
                try await load.stop()
                if looking.isRunning { try await site.expectExact(load) }
                let status = await looking.wait()
                #expect(status == 0, "\(log.log)\nserve:\n\(serve.log.suffix(2_000))")
                for line in log.log.split(separator: "\n") where line.hasPrefix("board: ") { phase("\(line)") }
                serve.process.signal(SIGTERM)
                await serve.process.wait()
                await load.close()
            }
        }

        /// Starts the server on its port, which a former one has just left.
        @Reactor
        private func start(_ site: Site, _ settings: SettingsFile) async throws -> ServeProcess {
            let serve = ServeProcess(process: try await site.start(["serve"], settings))
            let isUp = await eventually(within: 30) {
                if !serve.process.isRunning { return true }
                return await serve.isReady
            }
            guard isUp, serve.process.isRunning else { throw ServiceFailure("serve did not start: \(serve.log)") }
            return serve
        }

        /// Starts the browser. Its pictures are kept beside the tests' build.
        @Reactor
        private func look(
            _ site: Site, _ browser: Browser, _ serve: ServeProcess, _ settings: SettingsFile
        ) async throws -> DevProcess {
            let port = try #require(serve.port)
            let path = "\(site.stack.folder)/\(site.name)-standings.yaml"
            try settings.yaml.write(toFile: path, atomically: true, encoding: .utf8)
            let hunt = site.hunts[0].slug
            let cairn = "env -u CAIRN_BINARY -u CAIRN_TOOLS -u CAIRN_TEST_BROKERS '\(try ServiceStack.binary())'"
            let pictures = "\(Browser.folder)/.build-tests/live-board"
            return try await site.stack.spawn(
                "\(site.name)-browser", "env",
                [
                    "PYTHONPATH=\(browser.library)", "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1", browser.python,
                    "\(Browser.folder)/Tests/Browser/board.py", "--url", "http://127.0.0.1:\(port)", "--hunt", hunt,
                    "--standings", "\(cairn) standings \(hunt) --limit 50 --format json --config '\(path)'",
                    "--restart", "kill -TERM \(serve.process.pid)", "--pictures", pictures, "--browser",
                    browser.program,
                ])
        }

        /// A port that was free a moment ago.
        private func freePort() throws -> UInt16 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let port = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain -> UInt16? in
                    guard bind(descriptor, plain, length) == 0, getsockname(descriptor, plain, &length) == 0 else {
                        return nil
                    }
                    return UInt16(bigEndian: pointer.pointee.sin_port)
                }
            }
            guard let port else { throw ServiceFailure("no free port") }
            return port
        }
    }
}
