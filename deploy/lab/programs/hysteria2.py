"""Hysteria2 of sing-box: HTTP/3 to look at, or random bytes with Salamander."""
import singbox

TOOL, CATEGORY = "hysteria2", "proxy"
PACKAGES, MODULES = ["curl"], singbox.MODULES


def session(c, obfuscated=False):
    server, client = singbox.tls(c)
    server["alpn"] = client["alpn"] = ["h3"]
    obfs = {"obfs": {"type": "salamander", "password": "lab"}} if obfuscated else {}
    singbox.run(c, {"type": "hysteria2", "users": [{"password": "lab"}], "tls": server, **obfs}, {"type": "hysteria2", "password": "lab", "tls": client, **obfs}, proto="udp")


VARIANTS = {"plain": session, "salamander": lambda c: session(c, True)}
