import RedisClient

extension RedisClient {
    /// A connected client of its own, patient: nobody waits for these answers but the benchmark.
    static func forReading(_ url: String) async throws(RedisError) -> RedisClient {
        var settings = RedisSettings(url: url)
        settings.callTimeoutMs = 5_000
        settings.retries = 0
        settings.connections = 1
        let client = try RedisClient(settings)
        try await client.connect()
        return client
    }
}
