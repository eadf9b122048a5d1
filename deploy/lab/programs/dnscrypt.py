"""DNSCrypt: dnsdist or the server of a Go library answers, the library's client asks; over UDP and TCP, any port."""
import resolver

TOOL, CATEGORY = "dnscrypt", "encrypted_dns"
PACKAGES = ["dnsdist", "unbound"]
MODULES = {"dnscrypt": ("github.com/ameshkov/dnscrypt/v2", "v2.4.0", "github.com/ameshkov/dnscrypt/v2/cmd", "")}
PROVIDER = "2.dnscrypt-cert.lab.example"


def session(c, transport="udp", server="dnsdist", middle=False, answered=True):
    port = c.port(443, 5443)
    for proto in ("udp", "tcp"):
        c.label(proto, port)
    if server == "dnsdist":
        resolver.dnsdist(c, 'generateDNSCryptProviderKeys("%s/p.pub", "%s/p.key")\ngenerateDNSCryptCertificate("%s/p.key", "%s/r.cert", "%s/r.key", 1, os.time()-3600, os.time()+86400, %s)\n'
                       'addDNSCryptBind("%s:%d", "%s", "%s/r.cert", "%s/r.key")'
                    % (c.work, c.work, c.work, c.work, c.work, c.option("construction", "DNSCryptExchangeVersion.VERSION1", "DNSCryptExchangeVersion.VERSION2"), c.literal, port, PROVIDER, c.work, c.work))
        c.until("the provider's key", lambda: (c.work / "p.pub").exists())
        key = (c.work / "p.pub").read_bytes().hex()
    else:
        resolver.unbound(c, "127.0.0.1@5300")
        c.run("server", c.built("dnscrypt"), "generate", "-p", PROVIDER, "-o", c.work / "server.yaml")
        key = next(line.split(":")[1].strip().strip('"') for line in (c.work / "server.yaml").read_text().splitlines() if line.startswith("public_key"))
        c.start("server", c.built("dnscrypt"), "server", "-c", c.work / "server.yaml", "-f", "127.0.0.1:5300", "-l", c.server, "-p", port)
    c.listening("udp", port)
    if not answered:
        c.silence()
    for i in range(c.rng.randint(3, 6)):
        if middle and i == 1:
            c.middle()
        c.run("client", c.built("dnscrypt"), "lookup", "-n", transport, "-a", "%s:%d" % (c.literal, port), "-p", PROVIDER, "-k", key, "-d", c.rng.choice(resolver.NAMES), "-t", "A", check=False)  # it does not ask again what a link loses


VARIANTS = {
    "udp": lambda c: session(c),
    "udp-2": lambda c: session(c),
    "udp-library": lambda c: session(c, server="library"),
    "tcp-library": lambda c: session(c, "tcp", server="library"),  # dnsdist gives this client no certificate over TCP
    "middle": lambda c: session(c, server="library", middle=True),
    "unanswered": lambda c: session(c, answered=False),
}
