/** How Node, Bun and Deno tell failures of the network, as data in lower case. */
import type { Phrase } from "./failure_phrases.ts";

export const timeoutPhrases: readonly Phrase[] = ["timed out", "timeout", "deadline exceeded"];

/** Damage on the way, not a matter of trust: the next connection may well be whole. */
export const tlsNoisePhrases: readonly Phrase[] = [
  "bad record mac",
  "ssl alert",
  "tls alert",
  "[ssl:",
  "decryption failed or bad record",
];

export const certificatePhrases: readonly Phrase[] = [
  "self signed certificate",
  "self-signed certificate",
  "unable to verify the first certificate",
  "certificate has expired",
  "certificate verify failed",
  "invalid peer certificate",
  "unable to get local issuer certificate",
];

export const unreachablePhrases: readonly Phrase[] = [
  "connection refused",
  "unable to connect",
  "dns error",
  "getaddrinfo",
  "name resolution",
  "failed to lookup address",
  "no route to host",
  "network is unreachable",
];

export const disconnectPhrases: readonly Phrase[] = [
  "server disconnected",
  "peer closed connection",
  "connection reset",
  "connection was closed",
  "connection closed",
  "connection lost",
  "connection aborted",
  "socket hang up",
  "other side closed",
  "premature close",
  "unexpected eof",
  "unexpected end of file",
  "incomplete chunked read",
  "error reading a body",
  "terminated",
];

/** Names that Node, Bun and Deno give to failures of the network (`code` or `name` of the error), in lower case. */
export const unreachableErrnos: readonly string[] = [
  "econnrefused",
  "connectionrefused",
  "failedtoopensocket",
  "enotfound",
  "eai_again",
  "eai_fail",
  "eai_nodata",
  "ehostunreach",
  "ehostdown",
  "enetunreach",
  "enetdown",
];

export const disconnectErrnos: readonly string[] = [
  "econnreset",
  "connectionreset",
  "connectionclosed",
  "econnaborted",
  "epipe",
  "und_err_socket",
];

export const timeoutErrnos: readonly string[] = [
  "etimedout",
  "esockettimedout",
  "und_err_connect_timeout",
  "und_err_headers_timeout",
  "und_err_body_timeout",
  "timeout",
  "timeouterror",
  "apiconnectiontimeouterror",
];

/** The proxy of `HTTPS_PROXY` did not let the request through, and what came back is the proxy's. */
export const proxyErrnos: readonly string[] = ["err_proxy_tunnel", "proxyconnectfailed"];

/** The same in the words of Deno. */
export const proxyPhrases: readonly Phrase[] = [
  "client error (connect): unsuccessful tunnel",
  "client error (connect): proxy authentication required",
];

/** The value of `HTTPS_PROXY` is no address of a proxy. */
export const proxyAddressErrnos: readonly string[] = ["unsupportedproxyprotocol"];

/** X.509 verification results as Node names them (`x509_verify_cert_error_string`). */
export const certificateErrnos: readonly string[] = [
  "depth_zero_self_signed_cert",
  "self_signed_cert_in_chain",
  "unable_to_verify_leaf_signature",
  "unable_to_get_issuer_cert",
  "unable_to_get_issuer_cert_locally",
  "cert_has_expired",
  "cert_not_yet_valid",
  "cert_untrusted",
  "cert_rejected",
  "cert_revoked",
  "err_tls_cert_altname_invalid",
  "unknown_certificate_verification_error",
];

export const tlsNoiseErrnos: readonly string[] = ["eproto", "err_ssl_wrong_version_number"];
