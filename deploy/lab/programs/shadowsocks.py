"""shadowsocks-libev and sing-box over TCP: fully encrypted, so that one flow shows nothing but that."""
import base64

import singbox

TOOL, CATEGORY = "shadowsocks", "proxy"
MODULES = singbox.MODULES
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


def edition_2022(c):
    method, key = c.option("method", ("2022-blake3-aes-128-gcm", 16), ("2022-blake3-aes-256-gcm", 32))
    password = base64.b64encode(c.rng.randbytes(key)).decode()
    singbox.run(c, {"type": "shadowsocks", "method": method, "password": password}, {"type": "shadowsocks", "method": method, "password": password}, ports=(8388, 443))


VARIANTS = {
    "2022": edition_2022,
    "2022-2": edition_2022,
    "chacha20": lambda c: session(c, "chacha20-ietf-poly1305"),
    "aes-256": lambda c: session(c, "aes-256-gcm"),
    "aes-128": lambda c: session(c, "aes-128-gcm"),
    "aes-ctr": lambda c: session(c, "aes-256-ctr"),
}
