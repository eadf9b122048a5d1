"""Nebula: lighthouse on the server, Noise handshake and data over one UDP port."""
TOOL, CATEGORY = "nebula", "mesh"
PACKAGES = ["nebula"]


def session(c, cipher, middle=False, answered=True):
    port = c.port(4242)
    c.label("udp", port)
    c.run("server", "nebula-cert", "ca", "-name", "lab")
    for side, address in (("server", "10.51.0.1"), ("client", "10.51.0.2")):
        c.run(side, "nebula-cert", "sign", "-name", side, "-ip", address + "/24")
        c.file(side + ".yml", """pki: {ca: ca.crt, cert: %s.crt, key: %s.key}
static_host_map: {"10.51.0.1": ["%s:%d"]}
lighthouse: {am_lighthouse: %s, interval: 5, hosts: [%s]}
listen: {host: "%s", port: %d}
cipher: %s\ntun: {dev: neb0, mtu: 1200}
firewall: {outbound: [{port: any, proto: any, host: any}], inbound: [{port: any, proto: any, host: any}]}
""" % (side, side, c.literal, port, "true" if side == "server" else "false", "" if side == "server" else '"10.51.0.1"',
            "::" if c.family == 6 else "0.0.0.0", port if side == "server" else 0, cipher))
        if side == "server" and not answered:
            c.silence()
            continue
        c.start(side, "nebula", "-config", c.work / (side + ".yml"))
        c.until("neb0", lambda: address in c.run(side, "ip", "-br", "addr"))
    if not answered:
        c.run("client", "sleep", "6")
        return
    c.web()
    c.run("client", "sleep", "2")
    if middle:
        c.use("http://10.51.0.1:8000", "page")
        c.middle()
    c.use("http://10.51.0.1:8000")


VARIANTS = {
    "aes": lambda c: session(c, "aes"),
    "chachapoly": lambda c: session(c, "chachapoly"),
    "middle": lambda c: session(c, "aes", middle=True),
    "unanswered": lambda c: session(c, "aes", answered=False),
}
