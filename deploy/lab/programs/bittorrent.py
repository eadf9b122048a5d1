"""BitTorrent of aria2: plain and encrypted peer protocol between a seeder and a client, with a tracker of one peer."""
import hashlib

TOOL, CATEGORY = "none", "none"
PACKAGES = ["aria2"]


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    return b"d" + b"".join(bencode(k) + bencode(v) for k, v in sorted(value.items())) + b"e"


def session(c, *encryption):
    port = c.port(6881, 51413, 1194)
    size, piece = c.rng.randint(200000, 900000), 16384
    data = c.rng.randbytes(size)
    pieces = b"".join(hashlib.sha1(data[i:i + piece]).digest() for i in range(0, size, piece))
    info = {b"length": size, b"name": b"lab.bin", b"piece length": piece, b"pieces": pieces}
    tracker = c.file("tracker.py", TRACKER % (port, c.server))
    (c.work / "lab.torrent").write_bytes(bencode({b"announce": b"http://%s:6969/announce" % c.literal.encode(), b"info": info}))
    for side in ("server", "client"):
        (c.work / side).mkdir()
    (c.work / "server" / "lab.bin").write_bytes(data)
    c.start("server", "python3", tracker)
    c.listening("tcp", 6969)
    common = ["aria2c", "--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false", "--disable-ipv6=" + ("false" if c.family == 6 else "true"), *encryption]
    c.start("server", *common, "-d", c.work / "server", "-V", "--seed-ratio=0.0", "--listen-port=%d" % port, c.work / "lab.torrent")
    c.listening("tcp", port)
    c.run("client", *common, "-d", c.work / "client", "--seed-time=0", "--bt-stop-timeout=20", "--listen-port=6999", c.work / "lab.torrent", timeout=40)


# A tracker that knows one peer: BEP 3, with compact addresses of BEP 23 and BEP 7.
TRACKER = '''import http.server, ipaddress, socket
port, address = %d, "%s"
peer = ipaddress.ip_address(address).packed + port.to_bytes(2, "big")
class Tracker(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = b"6:peers6" if len(peer) == 18 else b"5:peers"
        empty = b"5:peers0:" if len(peer) == 18 else b""
        body = b"d8:intervali60e" + empty + name + b"%%d:" %% len(peer) + peer + b"e"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
Server((address, 6969), Tracker).serve_forever()
'''

VARIANTS = {
    "plain": lambda c: session(c, "--bt-min-crypto-level=plain"),
    "encrypted": lambda c: session(c, "--bt-require-crypto=true", "--bt-min-crypto-level=arc4"),
}
