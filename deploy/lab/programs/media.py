"""Calls, games, devices, video and random UDP: SIP of sipp, STUN and TURN of coturn, RTP, DTLS, HTTP/3, and datagrams with the sizes of VPNs on their ports."""
import os
import sys

TOOL, CATEGORY = "none", "none"
PACKAGES, PYPI = ["sip-tester", "coturn", "python3-venv"], ["aioquic==1.7.2"]
HTTP3 = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "http3.py")
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


def dtls(c, *suites, resumed=False):
    """Data in DTLS of OpenSSL, as constrained devices send it; with a session of before."""
    port = c.port(5684, 4433, 443)
    key = ["-psk", c.rng.randbytes(16).hex(), "-dtls1_2", "-cipher", c.option("suites", *suites) + ":@SECLEVEL=0"]
    c.start("server", "sh", "-c", "sleep 600 | openssl s_server -nocert %s -accept '%s:%d'" % (" ".join(key), c.literal, port))
    c.listening("udp", port)
    session = c.work / "session"
    for how in ["-sess_out %s" % session] + (["-sess_in %s" % session] * 2 if resumed else []):
        c.run("client", "sh", "-c", "for i in 1 2 3 4 5 6 7 8; do echo reading $i; sleep 0.2; done | openssl s_client %s %s -connect '%s:%d'" % (" ".join(key), how, c.literal, port), check=False)


def http3(c, *ports):
    """Video over HTTP/3: a few large objects, one after the other."""
    port = c.port(*ports)
    _, cert, key = c.certificate("video")
    c.start("server", c.python, HTTP3, "serve", c.server, port, cert, key)
    c.listening("udp", port)
    c.run("client", c.python, HTTP3, "get", c.server, port, *(c.rng.randint(20000, 200000) for _ in range(c.rng.randint(2, 5))), timeout=40)


VARIANTS = {
    "dtls": lambda c: dtls(c, "PSK-AES128-CCM8", "PSK-AES128-CBC-SHA256"),
    "dtls-resumed": lambda c: dtls(c, "PSK-AES128-CCM8", resumed=True),
    "http3": lambda c: http3(c, 443),
    "http3-vpn-port": lambda c: http3(c, 51820, 1194, 500),
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
