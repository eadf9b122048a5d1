"""SOCKS 4 and 5, with and without a password, of microsocks, Dante and sing-box."""
import singbox

TOOL, CATEGORY = "socks", "proxy"
MODULES = singbox.MODULES
PACKAGES = ["microsocks", "dante-server", "curl"]


def fetch(c, scheme, port, credentials="", name=False, check=True):
    c.web()
    for _ in range(c.rng.randint(1, 3)):
        target = "localhost" if name else c.literal
        c.run("client", "curl", "-sS", "-g", "-o", "/dev/null", "--max-time", "30", "-x", "%s://%s%s:%d" % (scheme, credentials, c.literal, port),
              "--noproxy", "", "http://%s:8000/%d" % (target, c.rng.randint(300, 300000)), check=check)


def microsocks(c, password=False, name=False, refused=False):
    port = c.port(1080, 443)
    c.label("tcp", port)
    c.start("server", "microsocks", "-i", c.server, "-p", port, *(["-u", "lab", "-P", "secret"] if password else []))
    c.listening("tcp", port)
    fetch(c, "socks5h" if name else "socks5", port, "lab:%s@" % ("wrong" if refused else "secret") if password else "", name, check=not refused)


def dante(c, scheme):
    port = c.port(1080, 1081)
    c.label("tcp", port)
    config = c.file("sockd.conf", """logoutput: stderr\ninternal: wan port = %d\nexternal: wan\nexternal: lo\nclientmethod: none\nsocksmethod: none
client pass { from: 0/0 to: 0/0 }\nsocks pass { from: 0/0 to: 0/0 }\n%s""" % (port, "client pass { from: ::/0 to: ::/0 }\nsocks pass { from: ::/0 to: ::/0 }\n" if c.family == 6 else ""))
    c.start("server", "danted", "-f", config, "-p", c.work / "sockd.pid")
    c.listening("tcp", port)
    fetch(c, scheme, port)


def singbox_port(c, scheme):
    port = c.port(1080, 2080)
    c.label("tcp", port)
    singbox.start(c, "server", {"inbounds": [{"type": c.option("inbound", "socks", "mixed"), "listen": c.server, "listen_port": port}], "outbounds": [{"type": "direct"}]})
    c.listening("tcp", port)
    fetch(c, scheme if c.family == 4 else "socks5h", port)


VARIANTS = {
    "5": lambda c: microsocks(c),
    "5-password": lambda c: microsocks(c, password=True),
    "5-name": lambda c: microsocks(c, name=True),
    "5-dante": lambda c: dante(c, "socks5"),
    "4": lambda c: dante(c, "socks4") if c.family == 4 else dante(c, "socks5"),
    "4a": lambda c: singbox_port(c, "socks4a"),
    "5-singbox": lambda c: singbox_port(c, "socks5h"),
    "5-refused": lambda c: microsocks(c, password=True, refused=True),
    "5-password-2": lambda c: microsocks(c, password=True, name=True),
    "4-2": lambda c: dante(c, "socks4") if c.family == 4 else dante(c, "socks5h"),
}
