package anonymize

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

func TestNamesOfOneClientAreHidden(t *testing.T) {
	cutter := NewNameCutter()
	for name, want := range map[string]string{
		"1-1-1-9.dyndns.org":                       HiddenName,
		"ivans-house.dyndns.org":                   HiddenName,
		"x.ivans-house.duckdns.org":                HiddenName,
		"ivan.ddns.net":                            HiddenName,
		"ivan.no-ip.info":                          HiddenName,
		"ivan.is-a-geek.com":                       HiddenName,
		"ivan.myfritz.net":                         HiddenName,
		"anything.nip.io":                          HiddenName,
		"app.203.0.113.50.sslip.io":                HiddenName,
		"77.2.0.192.in-addr.arpa":                  HiddenName,
		"f.e.e.b.8.b.d.0.1.0.0.2.ip6.arpa":         HiddenName,
		"5-18-2-99.ru":                             HiddenName,
		"host-203-0-113-50.net":                    HiddenName,
		"hcb007132.net":                            HiddenName,
		"a.ec2-203-0-113-50.compute.amazonaws.com": HiddenName,
		"www.host-203-0-113-50.isp.example":        "isp.example",
		"someone.github.io":                        "someone.github.io",
		"d111.cloudfront.net":                      "d111.cloudfront.net",
		"xn--80ak6aa92e.com":                       "xn--80ak6aa92e.com",
		"spotify.com":                              "spotify.com",
		"mozilla.cloudflare-dns.com":               "cloudflare-dns.com",
		"77.2.0.192.zen.spamhaus.org":              "spamhaus.org",
		"dns.google":                               "dns.google",
		"e1.ru":                                    "e1.ru",
		"base32zmahcmq.com":                        "base32zmahcmq.com",
	} {
		if got := cutter.Cut([]byte(name)); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	atHome := testGate(t, func(o *Options) { o.Home = home("203.0.113.0/24") })
	if got := atHome.cutter.Cut([]byte("zmahcmq.com")); got != HiddenName {
		t.Errorf("base32 of an address: %q", got)
	}
}

// oneClients are names of packs that are one client's by the zone they lie in, or a public suffix themselves.
var oneClients = map[string]bool{"ts.net": true, "torproject.net": true, "ibksturm.synology.me": true}

// The names of the rule packs pass: they are what questions are counted by.
func TestNamesOfRulePacksPass(t *testing.T) {
	files, err := filepath.Glob("../../schemas/rules/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no rule packs: %v", err)
	}
	name := regexp.MustCompile(`[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|me|app|dev|ru|cn|ch|de)\b`)
	cutter, seen := NewNameCutter(), 0
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			for _, n := range name.FindAllString(lines.Text(), -1) {
				seen++
				if cutter.Cut([]byte(n)) == HiddenName && !oneClients[n] {
					t.Errorf("%s: %s is hidden", filepath.Base(file), n)
				}
			}
		}
		f.Close()
	}
	t.Logf("%d names", seen)
}

// A name of a sensor that could be a word, and spells an address of home, is not kept.
func TestLabelOfHome(t *testing.T) {
	keys := testKeys(t)
	of := home("100.64.0.0/10").Contains
	for name, kept := range map[string]bool{"mrabela": false, "collector mrabela": false, "sensors": true, "gateway": true} {
		if got := keys.Label("sensor", name, of) == name; got != kept {
			t.Errorf("%s is kept: %v, want %v", name, got, kept)
		}
		if got := keys.Label("sensor", name, nil); got != name {
			t.Errorf("%s, home not known: %s", name, got)
		}
	}
}
