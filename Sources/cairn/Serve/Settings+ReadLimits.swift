import ReadAPI
import Settings

extension Settings {
    /// The settings in the words of the read API.
    var readLimits: ReadLimits {
        var limits = ReadLimits()
        limits.steadyRate = http.steadyRate
        limits.clientRate = http.clientRate
        limits.trustsForwardedFor = http.forwardedFor
        limits.origins = CrossOrigin(http.corsOrigins)
        limits.streamsMax = http.streams
        return limits
    }
}
