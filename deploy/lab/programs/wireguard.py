"""WireGuard in user space (the kernel's gives the same packets): any port, preshared key, middle, unanswered."""
TOOL, CATEGORY = "wireguard", "vpn"
PACKAGES = ["wireguard-go", "wireguard-tools"]


def session(c, ports=(51820,), psk=False, middle=False, answered=True, idle=False):
    port = c.port(*ports)
    c.label("udp", port)
    keys = {}
    for side in ("client", "server"):
        keys[side] = c.run(side, "wg", "genkey").split()[-1]
        c.file(side + ".key", keys[side] + "\n")
        keys[side + " public"] = c.run(side, "sh", "-c", "wg pubkey < %s.key" % side).split()[-1]
    shared = c.run("client", "wg", "genpsk").split()[-1] if psk else ""
    for side, other, address in (("server", "client", "10.9.0.1"), ("client", "server", "10.9.0.2")):
        if side == "server" and not answered:
            c.silence()
            continue
        device = c.spaces[side]  # its control socket is in a folder that all captures share
        c.start(side, "wireguard-go", "-f", device)
        c.until("the device " + device, lambda: device in c.run(side, "ip", "-br", "link"))
        config = "[Interface]\nPrivateKey = %s\n%s[Peer]\nPublicKey = %s\nAllowedIPs = 10.9.0.0/24\n" % (
            keys[side], "ListenPort = %d\n" % port if side == "server" else "", keys[other + " public"])
        if psk:
            config += "PresharedKey = %s\n" % shared
        if side == "client":
            config += "Endpoint = %s:%d\nPersistentKeepalive = %d\n" % (c.literal, port, 2 if idle else c.option("keepalive", 1, 25))
        c.run(side, "wg", "setconf", device, c.file(side + ".conf", config))
        c.run(side, "ip", "addr", "add", address + "/24", "dev", device)
        c.run(side, "ip", "link", "set", device, "mtu", c.mtu - 80, "up")
    if not answered:
        c.run("client", "sleep", "8")  # a second initiation follows after 5 s
        return
    c.web()
    if middle:
        c.use("http://10.9.0.1:8000", "page")
        c.middle()
    if idle:
        c.run("client", "sleep", "6")
        return
    c.use("http://10.9.0.1:8000")


VARIANTS = {
    "usual": lambda c: session(c),
    "psk-dns-port": lambda c: session(c, (53,), psk=True),
    "sip-port": lambda c: session(c, (443, 5060)),
    "middle": lambda c: session(c, middle=True),
    "middle-2": lambda c: session(c, (500, 3478), middle=True),
    "idle-middle": lambda c: session(c, middle=True, idle=True),
    "unanswered": lambda c: session(c, answered=False),
}
