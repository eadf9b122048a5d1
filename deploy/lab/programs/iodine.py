"""iodine: IPv4 over DNS by record type, and raw UDP on port 53."""
TOOL, CATEGORY = "iodine", "vpn"
PACKAGES = ["iodine"]
IPV4_ONLY = True


def session(c, kind, raw=False, middle=False):
    c.label("udp", 53)
    domain = c.option("domain", "t.example", "dns.lab.example")
    c.start("server", "iodined", "-f", "-c", "-P", "lab", "-d", "dns0", "10.61.0.1", domain, mounts={"/run": None})
    c.listening("udp", 53)
    client = c.start("client", "iodine", "-f", *([] if raw else ["-r"]), *(["-T", kind] if kind else []), "-P", "lab", "-d", "dns1", c.server, domain, mounts={"/run": None})
    c.logged(client, "Connection setup complete", 40)
    c.web()
    if middle:
        c.middle()
    c.use("http://10.61.0.1:8000", "page" if not raw else None)


VARIANTS = {
    "null": lambda c: session(c, "NULL"),
    "txt": lambda c: session(c, "TXT"),
    "raw": lambda c: session(c, "", raw=True),
    "mx": lambda c: session(c, "MX"),
    "cname": lambda c: session(c, "CNAME"),
    "srv": lambda c: session(c, "SRV"),
    "a": lambda c: session(c, "A"),
    "private": lambda c: session(c, "PRIVATE"),
    "middle": lambda c: session(c, "NULL", middle=True),
    "txt-middle": lambda c: session(c, "TXT", middle=True),
    "raw-middle": lambda c: session(c, "", raw=True, middle=True),
}
