"""Calls, games and random UDP: SIP of sipp, STUN and TURN of coturn, RTP, and datagrams with the sizes of VPNs on their ports."""
import os
import sys

TOOL, CATEGORY = "none", "none"
PACKAGES = ["sip-tester", "coturn"]
UDP_LIKE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "udp_like.py")


def udp(c, kind, *ports):
    port = c.port(*ports)
    c.start("server", sys.executable, UDP_LIKE, "answer", c.server, port, kind, c.name)
    c.listening("udp", port)
    c.run("client", sys.executable, UDP_LIKE, "send", c.server, port, kind, c.name, timeout=60)


def sip(c, transport):
    port = c.port(5060)
    common = ["-t", transport, "-nostdin"]
    c.start("server", "sipp", "-sn", "uas", "-i", c.literal, *common, "-p", port)
    c.run("client", "sleep", "1")
    c.run("client", "sipp", "-sn", "uac", "-i", "[%s]" % c.client if c.family == 6 else c.client, *common, "-m", c.rng.randint(3, 8), "-r", "3", "-d", "300",
          "%s:%d" % (c.literal, port), timeout=40)


def turn(c, tcp):
    port = c.port(3478, 443)
    c.start("server", "turnserver", "-n", "-L", c.server, "-p", port, "--no-tls", "--no-dtls", "--no-cli", "--lt-cred-mech", "-u", "lab:lab", "-r", "lab.example", "--log-file", "stdout",
            "--no-multicast-peers", "--allow-loopback-peers", "--pidfile", c.work / "turn.pid", "--userdb", c.work / "turn.db")
    c.listening("tcp" if tcp else "udp", port)
    c.run("client", "turnutils_uclient", "-u", "lab", "-w", "lab", "-p", port, *(["-t"] if tcp else []), "-n", c.rng.randint(10, 40), "-m", "1", "-l", c.rng.choice([100, 170, 900]), "-y", "-z", "30",
          *(["-X"] if c.family == 6 else []), c.server, timeout=60, check=False)


VARIANTS = {
    "sip-udp": lambda c: sip(c, "u1"),
    "sip-tcp": lambda c: sip(c, "t1"),
    "turn-udp": lambda c: turn(c, False),
    "turn-tcp": lambda c: turn(c, True),
    "rtp": lambda c: udp(c, "rtp", 5004, 16384, 51820),
    "game": lambda c: udp(c, "game", 27015, 1194, 4500),
    "random-wireguard": lambda c: udp(c, "wireguard", 51820),
    "random-wireguard-2": lambda c: udp(c, "wireguard", 443, 53),
    "random-openvpn": lambda c: udp(c, "openvpn", 1194),
    "random-ipsec-port": lambda c: udp(c, "random", 4500, 500),
    "random-l2tp-port": lambda c: udp(c, "random", 1701, 4242),
    "random-dns-port": lambda c: udp(c, "random", 53, 443),
}
