#!/usr/bin/env python3
"""What people do inside a tunnel or with a web server, over HTTP/1.1, by a seed.

serve PORT [CERT KEY]      answers GET /N with N bytes and takes what is posted
use URL MIX SEED           MIX: page, download, upload, keys, idle; joined by "+"
"""
import http.client
import http.server
import random
import ssl
import sys
import time
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, size):
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write(random.randbytes(size))

    def do_GET(self):
        digits = self.path.lstrip("/")
        self.answer(int(digits) if digits.isdigit() else 1200)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(20)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    import socket
    address_family = socket.AF_INET6  # takes IPv4 too


def serve(port, cert=None, key=None):
    server = Server(("::", int(port)), Handler)
    if cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(cert, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


def connect(url):
    if url.scheme == "https":
        return http.client.HTTPSConnection(url.hostname, url.port, timeout=15, context=ssl._create_unverified_context())
    return http.client.HTTPConnection(url.hostname, url.port, timeout=15)


def use(url, mix, seed):
    url, rng = urllib.parse.urlsplit(url), random.Random(seed)
    connection = connect(url)

    def request(method, path, body=None):
        connection.request(method, path, body)
        connection.getresponse().read()

    for act in mix.split("+"):
        if act == "page":
            for _ in range(rng.randint(3, 8)):
                request("GET", "/%d" % rng.randint(300, 40000))
        elif act == "download":
            request("GET", "/%d" % rng.randint(200000, 800000))
        elif act == "upload":
            request("POST", "/", random.randbytes(rng.randint(100000, 400000)))
        elif act == "keys":
            for _ in range(rng.randint(15, 40)):
                request("POST", "/", b"k")
                time.sleep(rng.uniform(0.02, 0.15))
        elif act == "idle":
            time.sleep(rng.uniform(2, 5))
        else:
            sys.exit("no such act: " + act)


if __name__ == "__main__":
    {"serve": serve, "use": use}[sys.argv[1]](*sys.argv[2:])
