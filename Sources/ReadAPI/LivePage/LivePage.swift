/// The live board: a page of text files that are part of the program. It asks nobody but the server it came from.
public enum LivePage {
    /// For the header `Content-Security-Policy`: what a page on a big screen must not do, whatever a player is called.
    public static let contentSecurityPolicy =
        "default-src 'self'; base-uri 'none'; form-action 'none'; object-src 'none'"

    /// - Parameter path: of the request, without its query, such as `/` or `/assets/board.js`.
    /// - Returns: nil for a path that is none of the page's.
    public static func asset(_ path: String) -> (bytes: [UInt8], contentType: String)? {
        switch path {
        case "/": (PackageResources.index_html, "text/html; charset=utf-8")
        case "/assets/board.css": (PackageResources.board_css, "text/css; charset=utf-8")
        case "/assets/board.js": (PackageResources.board_js, "text/javascript; charset=utf-8")
        case "/assets/contours.svg": (PackageResources.contours_svg, "image/svg+xml")
        case "/assets/icon.svg": (PackageResources.icon_svg, "image/svg+xml")
        default: nil
        }
    }
}
