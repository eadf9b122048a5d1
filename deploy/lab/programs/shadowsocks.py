"""shadowsocks-libev over TCP: fully encrypted, so that one flow shows nothing but that."""
TOOL, CATEGORY = "shadowsocks", "proxy"
PACKAGES = ["shadowsocks-libev", "curl"]


def session(c, method):
    port = c.port(8388, 443)
    c.label("tcp", port)
    c.start("server", "ss-server", "-s", c.server, "-p", port, "-k", "lab", "-m", method)
    c.listening("tcp", port)
    c.start("client", "ss-local", "-s", c.server, "-p", port, "-b", "127.0.0.1", "-l", "9000", "-k", "lab", "-m", method)
    c.listening("tcp", 9000, "client")
    c.web()
    for _ in range(c.rng.randint(1, 4)):
        c.run("client", "curl", "-sS", "-g", "-o", "/dev/null", "--max-time", "30", "-x", "socks5://127.0.0.1:9000", "--noproxy", "",
              "http://%s:8000/%d" % (c.literal, c.rng.randint(300, 300000)))


VARIANTS = {
    "chacha20": lambda c: session(c, "chacha20-ietf-poly1305"),
    "aes-256": lambda c: session(c, "aes-256-gcm"),
    "aes-128": lambda c: session(c, "aes-128-gcm"),
    "aes-ctr": lambda c: session(c, "aes-256-ctr"),
}
