"""TUIC v5 of sing-box, which is QUIC to a host."""
import singbox

TOOL, CATEGORY = "tuic", "proxy"
PACKAGES, MODULES = ["curl"], singbox.MODULES
MIN_MTU = 1380  # its first datagrams are larger than QUIC's least, and it does not try smaller ones


def session(c):
    server, client = singbox.tls(c)
    server["alpn"] = client["alpn"] = ["h3"]
    control = {"congestion_control": c.option("congestion", "cubic", "bbr")}
    singbox.run(c, {"type": "tuic", "users": [{"uuid": singbox.UUID, "password": "lab"}], "tls": server, **control}, {"type": "tuic", "uuid": singbox.UUID, "password": "lab", "tls": client, **control}, proto="udp")


VARIANTS = {"v5": session, "v5-2": session}
