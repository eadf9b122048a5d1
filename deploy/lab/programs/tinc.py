"""tinc 1.0: meta protocol over TCP with data over UDP, and TCP only."""
TOOL, CATEGORY = "tinc", "mesh"
PACKAGES = ["tinc"]


def session(c, options="", middle=False):
    port = c.port(655)
    c.label("tcp", port)
    c.label("udp", port)
    folders = {side: c.work / side for side in ("client", "server")}
    for side, address in (("server", "10.41.0.1"), ("client", "10.41.0.2")):
        hosts = folders[side] / "hosts"
        hosts.mkdir(parents=True)
        (folders[side] / "tinc.conf").write_text("Name = %s\nInterface = tinc0\n%s%s" % (side, "" if side == "server" else "ConnectTo = server\n", options))
        (hosts / side).write_text("Port = %d\nSubnet = %s/32\n%s" % (port, address, "Address = %s %d\n" % (c.server, port) if side == "server" else ""))
        (folders[side] / "tinc-up").write_text("#!/bin/sh\nip addr add %s/24 dev $INTERFACE\nip link set $INTERFACE up\n" % address)
        (folders[side] / "tinc-up").chmod(0o755)
        c.run(side, "sh", "-c", "tincd -c %s -K 2048 < /dev/null" % folders[side])
    for name in ("client", "server"):
        public = (folders[name] / "hosts" / name).read_text()
        for side in folders.values():
            (side / "hosts" / name).write_text(public)
    c.start("server", "tincd", "-c", folders["server"], "-D", "-d3", "--pidfile", c.work / "server.pid")
    c.listening("tcp", port)
    client = c.start("client", "tincd", "-c", folders["client"], "-D", "-d3", "--pidfile", c.work / "client.pid")
    c.logged(client, "Connection with server")
    c.logged(client, "activated")
    c.web()
    if middle:
        c.use("http://10.41.0.1:8000", "page")
        c.middle()
    c.use("http://10.41.0.1:8000")


VARIANTS = {
    "udp": lambda c: session(c),
    "tcp-only": lambda c: session(c, "TCPOnly = yes\n"),
    "udp-aes": lambda c: session(c, "Cipher = aes-256-cbc\nDigest = sha256\n"),
    "udp-2": lambda c: session(c),
    "tcp-only-2": lambda c: session(c, "TCPOnly = yes\n"),
    "middle": lambda c: session(c, middle=True),
}
