"""A private Tor network on the server: three authorities, three relays; a client through a circuit, and one caught in the middle."""
TOOL, CATEGORY = "tor", "anonymity"
PACKAGES = ["tor", "curl"]
IPV4_ONLY = True


def session(c, middle=False):
    c.web()
    base = c.option("ports", 5000, 9001, 20000)
    common = ("TestingTorNetwork 1\nAddress %s\nAuthDirMaxServersPerAddr 0\nEnforceDistinctSubnets 0\nDirAllowPrivateAddresses 1\nExtendAllowPrivateAddresses 1\nExitPolicyRejectPrivate 0\n"
              "ExitPolicyRejectLocalInterfaces 0\nExitPolicy accept *:*\nExitRelay 1\nAssumeReachable 1\nUseDefaultFallbackDirs 0\nLog notice stdout\nDisableDebuggerAttachment 0\nPathsNeededToBuildCircuits 0.67\n"
              "TestingV3AuthInitialVotingInterval 20\nTestingV3AuthInitialVoteDelay 4\nTestingV3AuthInitialDistDelay 4\nV3AuthVotingInterval 20\nV3AuthVoteDelay 4\nV3AuthDistDelay 4\n" % c.server)
    authorities = ""
    for i in range(3):
        keys = c.work / ("node%d" % i) / "keys"
        keys.mkdir(parents=True)
        (c.work / ("node%d" % i)).chmod(0o700)
        keys.chmod(0o700)
        c.run("server", "sh", "-c", "echo lab | tor-gencert --create-identity-key -m 12 -a %s:%d -i %s/authority_identity_key -s %s/authority_signing_key -c %s/authority_certificate --passphrase-fd 0"
              % (c.server, base + 100 + i, keys, keys, keys))
        v3 = (keys / "authority_certificate").read_text().split("fingerprint ")[1].split()[0]
        empty = c.file("empty", "")
        printed = c.run("server", "tor", "--list-fingerprint", "--quiet", "-f", empty, "--defaults-torrc", empty, "--DataDirectory", keys.parent, "--ORPort", base + i, "--DirPort", base + 100 + i,
                        "--Nickname", "node%d" % i, "--DirAuthority", "x %s:%d %s" % (c.server, base + 100, "0" * 40), "--TestingTorNetwork", 1, "--Address", c.server)
        words = [line for line in printed.splitlines() if line.startswith("node")][-1]
        authorities += "DirAuthority node%d orport=%d no-v2 v3ident=%s %s:%d %s\n" % (i, base + i, v3, c.server, base + 100 + i, words.split(" ", 1)[1].replace(" ", ""))
    for i in range(6):
        folder = c.work / ("node%d" % i)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
        c.label("tcp", base + i)
        role = "AuthoritativeDirectory 1\nV3AuthoritativeDirectory 1\nTestingDirAuthVoteExit *\nTestingDirAuthVoteGuard *\nTestingDirAuthVoteHSDir *\n" if i < 3 else ""
        c.start("server", "tor", "--defaults-torrc", c.work / "empty", "-f", c.file("torrc%d" % i, common + authorities + role + "DataDirectory %s\nNickname node%d\nORPort %d\nDirPort %d\nSocksPort 0\n"
                                                                                   % (folder, i, base + i, base + 100 + i)))
    client = c.start("client", "tor", "--defaults-torrc", c.work / "empty", "-f", c.file("torrc", "TestingTorNetwork 1\nUseDefaultFallbackDirs 0\nEnforceDistinctSubnets 0\nClientUseIPv6 0\nLog notice stdout\n" + authorities
                     + "DataDirectory %s/client\nSocksPort 9050\nClientRejectInternalAddresses 0\nClientDNSRejectInternalAddresses 0\n" % c.work))
    c.logged(client, "Bootstrapped 100%", 150)
    if middle:
        c.middle()
    c.run("client", "curl", "-sS", "-o", "/dev/null", "--retry", "6", "--retry-all-errors", "--retry-delay", "3", "--max-time", "60", "-x", "socks5://127.0.0.1:9050", "--noproxy", "",
          "http://%s:8000/%d" % (c.server, c.rng.randint(20000, 300000)), timeout=90)


VARIANTS = {"network": lambda c: session(c), "network-2": lambda c: session(c), "middle": lambda c: session(c, True)}
