"""DNS over TLS: dnsdist and unbound answer, kdig asks, a connection a question or one for all."""
import resolver

TOOL, CATEGORY = "dot", "encrypted_dns"
PACKAGES = ["dnsdist", "unbound", "knot-dnsutils"]


def session(c, server, keep):
    port = c.port(853, 853, 443)
    c.label("tcp", port)
    _, cert, key = c.certificate("dns")
    if server == "dnsdist":
        resolver.dnsdist(c, 'addTLSLocal("%s:%d", "%s", "%s")' % (c.literal, port, cert, key))
    else:
        resolver.unbound(c, "%s@%d" % (c.server, port), more=" tls-port: %d\n tls-service-key: %s\n tls-service-pem: %s\n" % (port, key, cert))
    c.listening("tcp", port)
    resolver.ask(c, port, "+tls", "+tls-sni=dns.example", *(["+keepopen"] if keep else []))


VARIANTS = {
    "unbound": lambda c: session(c, "unbound", False),
    "unbound-keep": lambda c: session(c, "unbound", True),
    "dnsdist": lambda c: session(c, "dnsdist", False),
    "dnsdist-keep": lambda c: session(c, "dnsdist", True),
}
