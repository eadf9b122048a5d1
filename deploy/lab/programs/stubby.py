"""DNS over TLS as stubs do it: stubby pads its questions and offers no application protocol; usual and other ports."""
import resolver

TOOL, CATEGORY = "dot", "encrypted_dns"
PACKAGES = ["stubby", "unbound", "knot-dnsutils"]


def session(c, *ports, middle=False):
    port = c.port(*ports)
    c.label("tcp", port)
    ca, cert, key = c.certificate("dns")
    resolver.unbound(c, "%s@%d" % (c.server, port), more=" tls-port: %d\n tls-service-key: %s\n tls-service-pem: %s\n" % (port, key, cert))
    c.listening("tcp", port)
    c.start("client", "stubby", "-C", c.file("stubby.yml", """resolution_type: GETDNS_RESOLUTION_STUB
dns_transport_list: [GETDNS_TRANSPORT_TLS]
tls_authentication: GETDNS_AUTHENTICATION_REQUIRED
tls_ca_file: "%s"
tls_query_padding_blocksize: 128
idle_timeout: %d
listen_addresses: [127.0.0.1@5353]
upstream_recursive_servers:
  - address_data: %s
    tls_port: %d
    tls_auth_name: "dns.example"
""" % (ca, c.option("idle timeout", 1000, 10000), c.server, port)))
    c.listening("udp", 5353, "client")
    for i in range(c.rng.randint(4, 9)):
        if middle and i == 2:
            c.middle()
        c.run("client", "kdig", "@127.0.0.1", "-p", 5353, "+timeout=8", c.rng.choice(resolver.NAMES), c.rng.choice(["A", "TXT"]))


VARIANTS = {
    "usual": lambda c: session(c, 853),
    "other-port": lambda c: session(c, 443, 5853),
    "other-port-2": lambda c: session(c, 8530),
    "middle": lambda c: session(c, 853, middle=True),
}
