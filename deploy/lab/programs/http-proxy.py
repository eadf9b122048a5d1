"""HTTP proxies: tinyproxy, Squid and sing-box, absolute URIs and CONNECT (also with TLS inside)."""
import singbox

TOOL, CATEGORY = "http-proxy", "proxy"
MODULES = singbox.MODULES
PACKAGES = ["tinyproxy", "squid-openssl", "curl"]


def fetch(c, port, connect, check=True):
    if connect == "tls":
        _, cert, key = c.certificate("inner")
        c.web(8000, cert, key)
    else:
        c.web()
    for _ in range(c.rng.randint(1, 3)):
        c.run("client", "curl", "-sS", "-k", "-g", "-o", "/dev/null", "--max-time", "30", "-x", "http://%s:%d" % (c.literal, port), *(["-p"] if connect else []),
              "%s://%s:8000/%d" % ("https" if connect == "tls" else "http", c.literal, c.rng.randint(300, 300000)), check=check)


def tinyproxy(c, connect):
    port = c.port(8888, 8080)
    c.label("tcp", port)
    config = c.file("tinyproxy.conf", "Port %d\nTimeout 60\nMaxClients 20\nDisableViaHeader %s\n" % (port, c.option("no via", "Yes", "No")))
    c.start("server", "tinyproxy", "-d", "-c", config)
    c.listening("tcp", port)
    fetch(c, port, connect)


def squid(c, connect):
    port = c.port(3128, 8080)
    c.label("tcp", port)
    c.work.chmod(0o777)
    config = c.file("squid.conf", "http_port %d\nacl all_ports port 1-65535\nhttp_access allow all\ncache deny all\naccess_log none\ncache_log /dev/stderr\npid_filename %s/squid.pid\n"
                    "visible_hostname proxy.example\nshutdown_lifetime 1 seconds\npinger_enable off\nnetdb_filename none\n" % (port, c.work), 0o644)
    c.start("server", "squid", "-N", "-f", config)
    c.listening("tcp", port)
    fetch(c, port, connect)


def singbox_port(c, connect):
    port = c.port(8080, 2080)
    c.label("tcp", port)
    singbox.start(c, "server", {"inbounds": [{"type": c.option("inbound", "http", "mixed"), "listen": c.server, "listen_port": port}], "outbounds": [{"type": "direct"}]})
    c.listening("tcp", port)
    fetch(c, port, connect)


def refused(c):
    """A proxy that asks for a password which the client lacks."""
    port = c.port(8888, 3128)
    c.label("tcp", port)
    c.start("server", "tinyproxy", "-d", "-c", c.file("tinyproxy.conf", "Port %d\nTimeout 60\nMaxClients 20\nBasicAuth lab secret\n" % port))
    c.listening("tcp", port)
    fetch(c, port, "tls", check=False)


VARIANTS = {
    "singbox": lambda c: singbox_port(c, False),
    "singbox-connect": lambda c: singbox_port(c, True),
    "refused": refused,
    "tinyproxy": lambda c: tinyproxy(c, False),
    "tinyproxy-connect": lambda c: tinyproxy(c, True),
    "tinyproxy-connect-tls": lambda c: tinyproxy(c, "tls"),
    "squid": lambda c: squid(c, False),
    "squid-connect": lambda c: squid(c, True),
    "squid-connect-tls": lambda c: squid(c, "tls"),
}
