"""DNS over HTTPS of dnsdist, asked by kdig; the server is on no list, so that its flows show TLS and HTTP/2 alone."""
import resolver

TOOL, CATEGORY = "doh", "encrypted_dns"
PACKAGES = ["dnsdist", "unbound", "knot-dnsutils"]


def session(c, *how):
    port = c.port(443)
    c.label("tcp", port)
    ca, cert, key = c.certificate("dns")
    resolver.dnsdist(c, 'addDOHLocal("%s:%d", "%s", "%s", "/dns-query")' % (c.literal, port, cert, key))
    c.listening("tcp", port)
    resolver.ask(c, port, "+tls-ca=" + ca, "+tls-hostname=dns.example", "+https=dns.example/dns-query", *how)


VARIANTS = {
    "get": lambda c: session(c, "+https-get"),
    "post": lambda c: session(c),
    "get-keep": lambda c: session(c, "+https-get", "+keepopen"),
    "post-keep": lambda c: session(c, "+keepopen"),
}
