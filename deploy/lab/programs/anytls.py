"""AnyTLS of sing-box: TLS with padding of its own."""
import singbox

TOOL, CATEGORY = "anytls", "proxy"
PACKAGES, MODULES = ["curl"], singbox.MODULES


def session(c):
    server, client = singbox.tls(c)
    singbox.run(c, {"type": "anytls", "users": [{"password": "lab"}], "tls": server}, {"type": "anytls", "password": "lab", "tls": client})


VARIANTS = {"tls": session, "tls-2": session}
