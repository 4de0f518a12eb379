/// The scripts that run inside Redis. A change of what a script does is a new file with the next number.
public enum LuaScripts {
    /// See `flush.v1.lua`.
    public static let flushV1 = String(decoding: PackageResources.flush_v1_lua, as: UTF8.self)
    /// See `top.v1.lua`.
    public static let topV1 = String(decoding: PackageResources.top_v1_lua, as: UTF8.self)
}
