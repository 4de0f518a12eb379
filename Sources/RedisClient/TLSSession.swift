import CHiredis

/// What all TLS sessions of a client share: trusted authorities and the own certificate. Owns one `SSL_CTX`.
struct TLSContext: ~Copyable {
    fileprivate let context: OpaquePointer

    deinit { SSL_CTX_free(context) }

    /// Reads the files; blocks for as long as the file system does.
    init(_ settings: RedisSettings) throws(RedisError) {
        guard let context = SSL_CTX_new(TLS_client_method()), redis_tls_harden(context) == 1 else {
            preconditionFailure("OpenSSL offers no TLS client")
        }
        // The deinit frees it from here on, also when a file below is refused.
        self.context = context
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        if let file = settings.authorityFile {
            try Self.require(SSL_CTX_load_verify_locations(context, file, nil), "authorities in \(file)")
        } else {
            try Self.require(SSL_CTX_set_default_verify_paths(context), "the system's authorities")
        }
        if let file = settings.certificateFile {
            try Self.require(SSL_CTX_use_certificate_chain_file(context, file), "the certificate in \(file)")
        }
        if let file = settings.keyFile {
            try Self.require(SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM), "the key in \(file)")
        }
    }

    private static func require(_ status: Int32, _ what: String) throws(RedisError) {
        if status == 1 { return }
        throw .invalidSettings("TLS for Redis cannot use \(what): \(lastTLSError())")
    }
}

/// One TLS session over memory: encrypted bytes in and out, no socket inside. Owns one `SSL` and its two buffers.
///
/// Not `Sendable`: OpenSSL forbids two threads on one session at a time.
struct TLSSession: ~Copyable {
    /// nil: a plain connection, nothing to encrypt.
    private let session: OpaquePointer?
    private let incoming: OpaquePointer?
    private let outgoing: OpaquePointer?

    deinit { if let session { SSL_free(session) } }

    /// No encryption.
    init() {
        session = nil
        incoming = nil
        outgoing = nil
    }

    /// A client's session with `host`, whose certificate must carry that name or address.
    init(_ context: borrowing TLSContext, host: String) {
        guard let session = SSL_new(context.context), let incoming = BIO_new(BIO_s_mem()),
            let outgoing = BIO_new(BIO_s_mem())
        else { preconditionFailure("no memory for a TLS session") }
        SSL_set_bio(session, incoming, outgoing)
        SSL_set_connect_state(session)
        if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host) != 1 {
            // Not an address, so a name; only a name may be sent as SNI.
            SSL_set1_host(session, host)
            _ = redis_tls_set_server_name(session, host)
        }
        self.session = session
        self.incoming = incoming
        self.outgoing = outgoing
    }

    var isActive: Bool { session != nil }

    enum Progress: Equatable {
        case done
        case wantsMore
        case failed(String)
    }

    /// Goes on with the handshake as far as the bytes received so far allow.
    mutating func handshake() -> Progress {
        ERR_clear_error()
        let status = SSL_do_handshake(session)
        return status == 1 ? .done : progress(after: status)
    }

    /// Takes over encrypted bytes from the socket.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        BIO_write(incoming, bytes.baseAddress, Int32(bytes.count))
    }

    /// Decrypts into `buffer`; `.done` with the bytes written through `body`, `.wantsMore` when all is read.
    mutating func read(
        into buffer: UnsafeMutableRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) -> Progress {
        ERR_clear_error()
        let count = SSL_read(session, buffer.baseAddress, Int32(buffer.count))
        if count <= 0 { return progress(after: count) }
        body(UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)]))
        return .done
    }

    /// Encrypts bytes. With memory beneath, the session takes them all once the handshake is done.
    mutating func write(_ bytes: UnsafeRawBufferPointer) -> Progress {
        ERR_clear_error()
        var rest = bytes
        while !rest.isEmpty {
            let count = SSL_write(session, rest.baseAddress, Int32(clamping: rest.count))
            if count <= 0 { return progress(after: count) }
            rest = UnsafeRawBufferPointer(rebasing: rest[Int(count)...])
        }
        return .done
    }

    /// Moves what waits to be sent, encrypted, to the end of `output`.
    mutating func drain(into output: inout OutputBuffer) {
        let waiting = BIO_ctrl_pending(outgoing)
        if waiting == 0 { return }
        output.append(waiting) { _ = BIO_read(outgoing, $0.baseAddress, Int32(clamping: $0.count)) }
    }

    private func progress(after status: Int32) -> Progress {
        switch SSL_get_error(session, status) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wantsMore
        case SSL_ERROR_ZERO_RETURN: return .failed("the server closed the connection")
        default:
            let verdict = SSL_get_verify_result(session)
            if verdict == Int(X509_V_OK) { return .failed(lastTLSError()) }
            return .failed("its certificate is not trusted, " + String(cString: X509_verify_cert_error_string(verdict)))
        }
    }
}

/// The oldest error OpenSSL noted on this thread.
private func lastTLSError() -> String {
    let code = ERR_get_error()
    if code == 0 { return "the connection ended" }
    return ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
}
