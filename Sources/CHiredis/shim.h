#pragma once
// Of hiredis only the reply reader is used: it is the same in 0.14 (Debian 12, without hiredis_ssl) and in 1.x.
// TLS therefore comes from OpenSSL itself, over memory buffers, so that the socket stays the client's own.
#include <hiredis/hiredis.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// OpenSSL spells these as macros, which Swift does not see.
static inline int redis_tls_harden(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline int redis_tls_set_server_name(SSL *session, const char *name) {
    return (int)SSL_set_tlsext_host_name(session, name);
}
