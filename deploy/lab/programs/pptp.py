"""pptpd and pptp: control over TCP 1723, PPP of a peer in user space in GRE version 1."""
import os
import sys

TOOL, CATEGORY = "pptp", "vpn"
PACKAGES = ["pptpd", "pptp-linux", "ppp"]
IPV4_ONLY = True


def session(c, middle=False, answered=True):
    c.label("tcp", 1723)
    c.label("other", 0)
    peer = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "ppp_peer.py")
    for side in ("server", "client"):
        c.file(side + "-pppd", "#!/bin/sh\ncase \"$1\" in /dev/*) exec <>\"$1\" >&0 ;; esac\nexec %s %s %s 30 %s 2>%s/ppp-%s.log\n" % (sys.executable, peer, side, c.name, c.work, side), 0o755)
    if answered:
        options = c.file("options", "\n")
        config = c.file("pptpd.conf", "ppp %s/server-pppd\noption %s\nlocalip 10.72.0.1\nremoteip 10.72.0.2-9\n" % (c.work, options))
        c.start("server", "pptpd", "--fg", "--conf", config, "--pidfile", c.work / "pptpd.pid", mounts={"/run": None})
        c.listening("tcp", 1723)
    else:
        c.silence()
    # pptp starts pppd itself with a terminal of its own and the rest of its command line.
    c.start("client", "pptp", c.server, "--loglevel", "1", "nodetach", mounts={"/usr/sbin/pppd": c.work / "client-pppd", "/run": None})
    if middle:
        c.run("client", "sleep", "4")
        c.middle()
    c.run("client", "sleep", "7")


VARIANTS = {
    "chap": lambda c: session(c),
    "chap-2": lambda c: session(c),
    "middle": lambda c: session(c, middle=True),
    "unanswered": lambda c: session(c, answered=False),
}
