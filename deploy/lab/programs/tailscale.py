"""Tailscale: two nodes in user space with a control server, a relay and STUN of their own; caught in the middle; without the relay's ports.

The control server over HTTP, STUN and the nodes' own datagrams are labelled tailscale; the relay is TLS like any other and is labelled apart.
"""
TOOL, CATEGORY = "tailscale", "mesh"
PACKAGES = ["curl"]
MODULES = {
    "tailscaled": ("tailscale.com", "v1.78.1", "tailscale.com/cmd/tailscaled", ""),
    "tailscale": ("tailscale.com", "v1.78.1", "tailscale.com/cmd/tailscale", ""),
    "tailnet": ("tailscale.com", "v1.78.1", "tailnet.go", ""),
}


def session(c, middle=False):
    node, control, relay, stun = c.port(41641), c.option("control", 80, 8080), c.option("relay", 443, 3340), 3478
    c.label("udp", node)
    c.label("tcp", control)
    c.label("udp", stun)
    c.label("tcp", relay, "tailscale-relay")
    c.start("server", c.built("tailnet"), "--address", c.server, "--control", control, "--relay", relay, "--stun", stun)
    c.listening("tcp", control)
    c.web()
    for side, port in (("server", node), ("client", c.option("client port", 41641, 0))):
        c.start(side, c.built("tailscaled"), "--tun=userspace-networking", "--no-logs-no-support", "--state=mem:", "--statedir", c.work / side, "--socket", c.work / (side + ".sock"),
                "--port", port, *(["--socks5-server=127.0.0.1:9000"] if side == "client" else []))
        c.until("tailscaled", lambda: (c.work / (side + ".sock")).exists())
        c.run(side, c.built("tailscale"), "--socket", c.work / (side + ".sock"), "up", "--login-server", "http://%s:%d" % (c.literal, control), "--accept-dns=false", "--hostname", side, timeout=60)
    address = c.run("server", c.built("tailscale"), "--socket", c.work / "server.sock", "ip", "-4").split()[-1]
    c.run("client", c.built("tailscale"), "--socket", c.work / "client.sock", "ping", "--until-direct", "--c", "10", address, timeout=60)
    for i in range(c.rng.randint(3, 5)):
        if middle and i == 1:
            c.middle()
        c.run("client", "sleep", "2")  # people pause, and nodes look for each other anew
        c.run("client", "curl", "-sS", "-o", c.work / "page", "--max-time", "20", "--retry", "4", "--retry-all-errors", "--retry-delay", "1", "-x", "socks5h://127.0.0.1:9000", "--noproxy", "", "http://%s:8000/%d" % (address, c.rng.randint(300, 300000)), timeout=60)


VARIANTS = {"direct": session, "direct-2": session, "middle": lambda c: session(c, True), "middle-2": lambda c: session(c, True)}
