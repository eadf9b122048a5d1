"""strongSwan with ESP in user space (kernel-libipsec): IKEv2 and IKEv1, always ESP in UDP 4500; caught in the middle; unanswered.

ESP as an IP protocol of its own is not made: the user-space ESP of strongSwan speaks UDP only.
"""
TOOL, CATEGORY = "ipsec", "vpn"
PACKAGES = ["strongswan-charon", "strongswan-swanctl", "libcharon-extra-plugins", "libstrongswan-standard-plugins", "libstrongswan-extra-plugins"]


def session(c, version=2, aggressive=False, middle=False, answered=True):
    c.label("udp", 500)
    c.label("udp", 4500)
    plugins = "random nonce aes sha1 sha2 hmac kdf gmp curve25519 gcm openssl vici kernel-libipsec kernel-netlink socket-default"
    proposal = c.option("proposal", "aes256-sha256-x25519", "aes128-sha256-modp2048", "aes256-sha384-ecp384")
    for side, mine, theirs, net, other in (("server", c.server, c.client, "10.31.0.1", "10.32.0.1"), ("client", c.client, c.server, "10.32.0.1", "10.31.0.1")):
        if side == "server" and not answered:
            c.silence()
            continue
        c.run(side, "ip", "addr", "add", net + "/32", "dev", "lo")
        vici = "unix://%s/%s.vici" % (c.work, side)
        conf = c.file(side + ".strongswan", "charon {\n load = %s\n i_dont_care_about_security_and_use_aggressive_mode_psk = yes\n plugins {\n vici { socket = %s }\n"
                      " kernel-libipsec { allow_peer_ts = yes }\n }\n filelog { stdout { default = 1 } }\n}\n" % (plugins, vici))
        charon = c.start(side, "/usr/lib/ipsec/charon", env={"STRONGSWAN_CONF": conf}, mounts={"/run": None})
        c.until("charon", lambda: (c.work / (side + ".vici")).exists())
        c.file(side + ".swanctl", """connections { lab {
  version = %d\n  aggressive = %s\n  encap = yes\n  local_addrs = %s\n  remote_addrs = %s\n  proposals = %s\n  dpd_delay = 5s\n
  local { auth = psk\n id = %s.example }\n  remote { auth = psk\n id = %s.example }
  children { net { local_ts = %s/32\n remote_ts = %s/32\n esp_proposals = aes256gcm16-x25519,aes128-sha256\n } }
} }
secrets { ike { secret = "lab" } }
""" % (version, "yes" if aggressive else "no", mine, theirs, proposal, side, "client" if side == "server" else "server", net, other))
        c.run(side, "swanctl", "--load-all", "--file", c.work / (side + ".swanctl"), "--uri", vici)
    initiate = ["swanctl", "--initiate", "--child", "net", "--uri", vici, "--timeout", "8" if not answered else "20"]
    if not answered:
        c.run("client", *initiate, check=False)
        return
    c.run("client", *initiate)
    c.web()
    if middle:
        c.middle()
    # The tunnel's inner source has to be the protected address: bind to it.
    c.run("client", "ip", "route", "replace", "10.31.0.1/32", "dev", "ipsec0", "src", "10.32.0.1")
    c.use("http://10.31.0.1:8000")


VARIANTS = {
    "ikev2": lambda c: session(c),
    "ikev1-main": lambda c: session(c, 1),
    "ikev1-aggressive": lambda c: session(c, 1, aggressive=True),
    "ikev2-middle": lambda c: session(c, middle=True),
    "ikev2-unanswered": lambda c: session(c, answered=False),
    "ikev1-unanswered": lambda c: session(c, 1, answered=False),
}
