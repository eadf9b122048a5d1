"""xl2tpd on both sides, CHAP, with a PPP peer in user space in place of pppd; caught in the middle; unanswered."""
import os
import sys

TOOL, CATEGORY = "l2tp", "vpn"
PACKAGES = ["xl2tpd", "ppp"]
IPV4_ONLY = True  # xl2tpd knows no other


def session(c, length_bit=True, middle=False, answered=True):
    c.label("udp", 1701)
    peer = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "ppp_peer.py")
    for side in ("server", "client"):
        c.file(side + "-pppd", "#!/bin/sh\nexec %s %s %s 30 %s 2>%s/ppp-%s.log\n" % (sys.executable, peer, side, c.name, c.work, side), 0o755)
        c.file(side + "-options", "\n")
    bit = "length bit = %s\nppp debug = no\npppoptfile = %s/%%s-options\n" % ("yes" if length_bit else "no", c.work)
    server = c.file("server.conf", "[global]\nlisten-addr = %s\n[lns default]\nip range = 10.71.0.2-10.71.0.9\nlocal ip = 10.71.0.1\nrequire chap = yes\n" % c.server + bit % "server")
    client = c.file("client.conf", "[global]\n%s[lac lab]\nlns = %s\nautodial = yes\nredial = no\n" % ("port = %d\n" % c.option("client port", 1701, 41701), c.server) + bit % "client")
    if answered:
        c.start("server", "xl2tpd", "-D", "-c", server, "-p", c.work / "s.pid", "-C", c.work / "s.control", mounts={"/usr/sbin/pppd": c.work / "server-pppd"})
        c.listening("udp", 1701)
    else:
        c.silence()
    process = c.start("client", "xl2tpd", "-D", "-c", client, "-p", c.work / "c.pid", "-C", c.work / "c.control", mounts={"/usr/sbin/pppd": c.work / "client-pppd"})
    if answered:
        c.logged(process, "Call established")
        if middle:
            c.run("client", "sleep", "4")
            c.middle()
    c.run("client", "sleep", "6")


VARIANTS = {
    "chap": lambda c: session(c),
    "no-length": lambda c: session(c, length_bit=False),
    "middle": lambda c: session(c, middle=True),
    "unanswered": lambda c: session(c, answered=False),
}
