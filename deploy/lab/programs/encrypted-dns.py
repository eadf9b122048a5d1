"""DNS over TLS and HTTPS: dnsdist and unbound answer, kdig asks; unbound answers from its own zone."""
TOOL, CATEGORY = "dot", "encrypted_dns"
PACKAGES = ["dnsdist", "unbound", "knot-dnsutils"]
NAMES = ["www.example", "mail.example", "cdn.example", "news.example", "video.example"]


def resolver(c, tls_port=None):
    """Start unbound with a zone of its own; with a port also over TLS."""
    _, cert, key = c.certificate("dns")
    zone = "".join(' local-data: "%s 300 A 192.0.2.%d"\n' % (name, i + 1) for i, name in enumerate(NAMES))
    tls = " interface: %s@%d\n tls-port: %d\n tls-service-key: %s\n tls-service-pem: %s\n" % (c.server, tls_port, tls_port, key, cert) if tls_port else ""
    c.start("server", "unbound", "-d", "-c", c.file("unbound.conf", """server:\n interface: 127.0.0.1@5300\n%s access-control: 0.0.0.0/0 allow\n access-control: ::/0 allow\n use-syslog: no\n chroot: ""
 username: ""\n directory: "%s"\n pidfile: ""\n module-config: "iterator"\n local-zone: "example." static\n%sremote-control:\n control-enable: no\n""" % (tls, c.work, zone)))
    c.listening("tcp", 5300)
    return cert, key


def dnsdist(c, line):
    c.start("server", "dnsdist", "--supervised", "--disable-syslog", "-C", c.file("dnsdist.conf", 'setACL({"0.0.0.0/0", "::/0"})\nsetSecurityPollSuffix("")\nnewServer("127.0.0.1:5300"):setUp()\n%s\n' % line))


def ask(c, port, *how):
    for _ in range(c.rng.randint(2, 4)):
        names = [c.rng.choice(NAMES) for _ in range(c.rng.randint(1, 6))]
        c.run("client", "kdig", "@" + c.server, "-p", port, *how, "+timeout=8", *names)


def dot(c, server, keep):
    port = c.port(853, 853, 443)
    c.label("tcp", port)
    cert, key = resolver(c, port if server == "unbound" else None)
    if server == "dnsdist":
        dnsdist(c, 'addTLSLocal("%s:%d", "%s", "%s")' % (c.literal, port, cert, key))
    c.listening("tcp", port)
    ask(c, port, "+tls", "+tls-sni=dns.example", *(["+keepopen"] if keep else []))


def doh(c, get):
    port = c.port(443)
    c.label("tcp", port, "doh")
    cert, key = resolver(c)
    dnsdist(c, 'addDOHLocal("%s:%d", "%s", "%s", "/dns-query")' % (c.literal, port, cert, key))
    c.listening("tcp", port)
    ask(c, port, "+tls-ca=%s" % (c.work / "ca.pem"), "+tls-hostname=dns.example", "+https=dns.example/dns-query", *(["+https-get"] if get else []))


VARIANTS = {
    "dot-unbound": lambda c: dot(c, "unbound", False),
    "dot-unbound-keep": lambda c: dot(c, "unbound", True),
    "dot-dnsdist": lambda c: dot(c, "dnsdist", False),
    "dot-dnsdist-keep": lambda c: dot(c, "dnsdist", True),
    "doh-get": lambda c: doh(c, True),
    "doh-post": lambda c: doh(c, False),
}
