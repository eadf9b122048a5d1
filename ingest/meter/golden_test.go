package meter

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the inputs and expectations below testdata")

// cases make the capture of each folder below testdata.
var cases = map[string]func(*builder){
	"tcp-reassembly": func(b *builder) {
		c, s := netip.AddrPortFrom(client4, 40000), netip.AddrPortFrom(server4, 80)
		get := []byte("GET /a/long/path HTTP/1.1\r\nHost: www.example\r\n\r\n")
		b.add(tcpPacket(c, s, 1000, syn, nil))
		b.add(tcpPacket(s, c, 5000, syn|ack, nil))
		b.add(tcpPacket(c, s, 1001+20, ack, get[20:])) // came before its predecessor
		b.add(tcpPacket(c, s, 1001, ack, get[:20]))
		b.add(tcpPacket(c, s, 1001, ack, get[:30])) // sent again, with more
		b.add(tcpPacket(s, c, 5001, ack, []byte("HTTP/1.1 200 OK\r\n\r\n")))
		b.add(tcpPacket(c, s, 1000+uint32(len(get)), ack, []byte{0})) // keepalive probe
		b.add(tcpPacket(c, s, 1001+uint32(len(get)), fin|ack, nil))
		b.add(tcpPacket(s, c, 5020, fin|ack, nil))
		b.add(tcpPacket(c, s, 90000, syn, nil)) // another connection of the same five-tuple
		b.add(tcpPacket(s, c, 70000, rst|ack, nil))
	},
	"tcp-gap": func(b *builder) {
		c, s := netip.AddrPortFrom(client6, 40000), netip.AddrPortFrom(server6, 443)
		b.add(tcpPacket(s, c, 5000, syn|ack, nil)) // the client's SYN was not captured
		b.add(tcpPacket(c, s, 1, ack, patterned(10)))
		b.add(tcpPacket(c, s, 2011, ack, patterned(30))) // 2000 bytes are missing
		b.add(tcpPacket(s, c, 5001, ack, patterned(40)))
	},
	"udp-turns": func(b *builder) {
		// The capture begins with an answer: the question shows who the client is.
		c, s := netip.AddrPortFrom(client4, 5353), netip.AddrPortFrom(server4, 53)
		q := dnsQuestion(1, "first.example", 1)
		b.add(udpPacket(s, c, dnsAnswer(q, 0, "203.0.113.1")))
		b.add(udpPacket(c, s, dnsQuestion(2, "second.example", 28)))
	},
	"dns": func(b *builder) {
		c, s := netip.AddrPortFrom(client4, 40001), netip.AddrPortFrom(server4, 53)
		q1, q2 := dnsQuestion(1, "WWW.Example.org", 1), dnsQuestion(2, "www.example.org", 28)
		b.add(udpPacket(c, s, q1))
		b.add(udpPacket(c, s, q2))
		b.add(udpPacket(c, s, q1)) // asked again
		b.add(udpPacket(s, c, dnsAnswer(q2, 0, "2001:db8::1", "2001:db8::2")))
		b.add(udpPacket(s, c, dnsAnswer(q1, 0, "203.0.113.1")))
		b.add(udpPacket(c, s, dnsQuestion(3, "blocked.example", 1)))
		b.add(udpPacket(s, c, dnsAnswer(dnsQuestion(3, "blocked.example", 1), 3)))
		b.add(udpPacket(c, s, dnsQuestion(4, "lost.example", 1)))
	},
	"dns-tcp": func(b *builder) {
		c, s := netip.AddrPortFrom(client4, 40002), netip.AddrPortFrom(server4, 53)
		framed := func(m []byte) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(m))), m...) }
		q := dnsQuestion(7, "tcp.example", 1)
		b.add(tcpPacket(c, s, 0, syn, nil))
		b.add(tcpPacket(s, c, 0, syn|ack, nil))
		b.add(tcpPacket(c, s, 1, ack, framed(q)))
		answer := framed(dnsAnswer(q, 0, "203.0.113.9"))
		b.add(tcpPacket(s, c, 1, ack, answer[:5]))
		b.add(tcpPacket(s, c, 6, ack, answer[5:]))
	},
	"fragments": func(b *builder) {
		c, s := netip.AddrPortFrom(client4, 40003), netip.AddrPortFrom(server4, 9999)
		parts := fragments4(udpPacket(c, s, patterned(3000)), 1480)
		slices.Reverse(parts)
		for _, p := range parts {
			b.add(p)
		}
		b.add(fragments4(udpPacket(c, s, patterned(2000)), 1480)[0]) // the rest is lost
	},
	"protocols": func(b *builder) {
		b.add(ip(client4, server4, 1, append([]byte{8, 0, 0, 0, 0, 1, 0, 1}, patterned(48)...)))
		b.add(ip(server4, client4, 1, append([]byte{0, 0, 0, 0, 0, 1, 0, 1}, patterned(48)...)))
		b.add(ip(client4, server4, 50, append([]byte{1, 2, 3, 4, 0, 0, 0, 1}, patterned(80)...)))
		b.add(ip(client6, server6, 51, patterned(40)))
	},
	"tunnels": func(b *builder) {
		c, s := netip.AddrPortFrom(client4, 40004), netip.AddrPortFrom(server4, 7)
		inner := func(n int) []byte {
			return udpPacket(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(n)}), 1000), netip.AddrPortFrom(netip.MustParseAddr("10.9.9.9"), 7), patterned(20))
		}
		port := func(p uint16) netip.AddrPort { return netip.AddrPortFrom(s.Addr(), p) }
		b.add(ip(client4, server4, 4, inner(1)))
		b.add(ip(client4, server4, 41, udpPacket(netip.AddrPortFrom(client6, 1000), netip.AddrPortFrom(server6, 7), patterned(20))))
		b.add(ip(client4, server4, 47, append([]byte{0, 0, 8, 0}, inner(2)...)))
		ppp := append([]byte{0x30, 1, 0x88, 0x0b, 0, byte(2 + 48), 0, 9, 0, 0, 0, 1, 0, 0x21}, inner(3)...)
		b.add(ip(server4, client4, 47, ppp))
		b.add(udpPacket(c, port(4789), append([]byte{8, 0, 0, 0, 0, 0, 1, 0}, ethernet(inner(4))...)))
		b.add(udpPacket(c, port(6081), append([]byte{0, 0, 0x65, 0x58, 0, 0, 1, 0}, ethernet(inner(5))...)))
		b.add(udpPacket(c, port(2152), append([]byte{0x32, 0xff, 0, byte(4 + 48), 0, 0, 0, 1, 0, 1, 0, 0}, inner(6)...)))
		b.add(udpPacket(c, port(2152), append([]byte{0x30, 0xff, 0, 99, 0, 0, 0, 1}, inner(7)...))) // a length that is wrong
		b.add(udpPacket(c, port(3544), append([]byte{0, 0, 1, 1, 2, 2, 2, 2}, udpPacket(netip.AddrPortFrom(netip.MustParseAddr("2001:0:102:304::1"), 1000), netip.AddrPortFrom(server6, 7), patterned(20))...)))
	},
	"snaplen": func(b *builder) {
		b.snaplen = 60
		c, s := netip.AddrPortFrom(client4, 40005), netip.AddrPortFrom(server4, 443)
		b.add(udpPacket(c, s, patterned(1200)))
		b.add(udpPacket(s, c, patterned(1200)))
		t, u := netip.AddrPortFrom(client4, 40006), netip.AddrPortFrom(server4, 8080)
		b.add(tcpPacket(t, u, 0, syn, nil))
		b.add(tcpPacket(t, u, 1, ack, []byte("GET / HTTP/1.1\r\nHost: www.example\r\nUser-Agent: none\r\n\r\n")))
	},
	"vlan": func(b *builder) {
		b.link = 1
		c, s := netip.AddrPortFrom(client4, 40007), netip.AddrPortFrom(server4, 7)
		b.add(ethernet(udpPacket(c, s, patterned(5))))
		b.add(ethernet(udpPacket(s, c, patterned(6)), 0x8100))
		b.add(ethernet(udpPacket(c, s, patterned(7)), 0x88a8, 0x8100))
		b.add(append(make([]byte, 12), 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1)) // ARP
		b.add(ethernet([]byte{0x4f, 0, 0, 20}))
	},
	"wireguard": func(b *builder) {
		c, s := netip.AddrPortFrom(client4, 40008), netip.AddrPortFrom(server4, 443)
		init, resp := scattered(148), scattered(92)
		clear(init[132:]) // no cookie
		copy(init, "\x01\x00\x00\x00\x11\x72\x93\x54")
		copy(resp, "\x02\x00\x00\x00\xa1\xb7\xc3\xd5\x11\x72\x93\x54")
		b.add(udpPacket(c, s, init))
		b.add(udpPacket(s, c, resp))
		for i := range byte(6) {
			up, down := scattered(32+16*int(i)), scattered(96)
			copy(up, "\x04\x00\x00\x00\xa1\xb7\xc3\xd5"+string([]byte{i, 0, 0, 0, 0, 0, 0, 0}))
			copy(down, "\x04\x00\x00\x00\x11\x72\x93\x54"+string([]byte{i, 0, 0, 0, 0, 0, 0, 0}))
			b.add(udpPacket(c, s, up))
			b.add(udpPacket(s, c, down))
		}
	},
	"idle": func(b *builder) {
		c, s := netip.AddrPortFrom(client4, 40009), netip.AddrPortFrom(server4, 7)
		b.add(udpPacket(c, s, patterned(10)))
		b.now += (29 * time.Minute).Microseconds()
		b.add(udpPacket(s, c, patterned(11)))
		b.now += (31 * time.Minute).Microseconds()
		b.add(udpPacket(c, s, patterned(12)))
	},
	"pppoe": func(b *builder) {
		b.link = 1
		p := udpPacket(netip.AddrPortFrom(client4, 40010), netip.AddrPortFrom(server4, 7), patterned(5))
		frame := append(make([]byte, 12), 0x88, 0x64, 0x11, 0, 0, 1, 0, byte(len(p)+2), 0, 0x21)
		b.add(append(frame, p...))
	},
	"ppp": func(b *builder) {
		b.link = 9
		p := udpPacket(netip.AddrPortFrom(client6, 40011), netip.AddrPortFrom(server6, 7), patterned(5))
		b.add(append([]byte{0xff, 3, 0, 0x57}, p...))
		b.add(append([]byte{0x57}, p...))
		b.add([]byte{0xff, 3, 0xc0, 0x21, 1, 1, 0, 4})
	},
	"linux-cooked": func(b *builder) {
		b.link = 113
		p := udpPacket(netip.AddrPortFrom(client4, 40012), netip.AddrPortFrom(server4, 7), patterned(5))
		b.add(append([]byte{0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 8, 0}, p...))
	},
	"linux-cooked-2": func(b *builder) {
		b.link = 276
		p := udpPacket(netip.AddrPortFrom(client4, 40013), netip.AddrPortFrom(server4, 7), patterned(5))
		b.add(append([]byte{8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0}, p...))
	},
	"null": func(b *builder) {
		b.link = 0
		p := udpPacket(netip.AddrPortFrom(client6, 40014), netip.AddrPortFrom(server6, 7), patterned(5))
		b.add(append([]byte{0, 0, 0, 30}, p...))
		b.add(append([]byte{30, 0, 0, 0}, p...))
	},
	"unknown-link": func(b *builder) {
		b.link = 147
		b.add(patterned(60))
	},
}

// expected is a flow, a query or a count as the golden files show it.
type expected struct {
	Flows   []expectedFlow `json:"flows"`
	DNS     []expectedDNS  `json:"dns,omitempty"`
	Rejects map[string]int `json:"rejects,omitempty"`
	Skips   map[string]int `json:"skips,omitempty"`
}

type expectedFlow struct {
	Position   int64    `json:"position"`
	Start      int64    `json:"start"`
	End        int64    `json:"end"`
	Src        string   `json:"src"`
	Dst        string   `json:"dst"`
	Protocol   uint8    `json:"protocol"`
	Bytes      []uint64 `json:"bytes"`
	Packets    []uint64 `json:"packets"`
	TCPFlags   uint8    `json:"tcp_flags,omitempty"`
	Initiator  bool     `json:"initiator,omitempty"`
	Sizes      []int16  `json:"sizes"`
	Signatures string   `json:"signatures"`
	Traits     string   `json:"traits,omitempty"`
}

type expectedDNS struct {
	Time      int64        `json:"time"`
	Client    string       `json:"client"`
	Resolver  string       `json:"resolver"`
	Name      string       `json:"name"`
	Type      uint16       `json:"type"`
	Rcode     uint16       `json:"rcode"`
	Answers   []netip.Addr `json:"answers,omitempty"`
	LatencyUS uint32       `json:"latency_us,omitempty"`
}

func (c *collector) golden() expected {
	e := expected{Flows: []expectedFlow{}, Rejects: c.rejects, Skips: c.skips}
	for i, f := range c.flows {
		sizes := f.FirstSizes[:]
		for len(sizes) > 0 && sizes[len(sizes)-1] == 0 {
			sizes = sizes[:len(sizes)-1]
		}
		e.Flows = append(e.Flows, expectedFlow{
			Position: c.at[i], Start: f.Start, End: f.End,
			Src: netip.AddrPortFrom(f.Src, f.SrcPort).String(), Dst: netip.AddrPortFrom(f.Dst, f.DstPort).String(),
			Protocol: f.Protocol, Bytes: []uint64{f.SrcBytes, f.DstBytes}, Packets: []uint64{f.SrcPackets, f.DstPackets},
			TCPFlags: f.TCPFlags, Initiator: f.Initiator, Sizes: sizes, Signatures: f.Signatures.String(), Traits: f.Traits.String(),
		})
	}
	for _, d := range c.dns {
		e.DNS = append(e.DNS, expectedDNS{
			Time: d.Time, Client: d.Client.String(), Resolver: d.Resolver.String(), Name: string(d.Name),
			Type: d.Type, Rcode: d.Rcode, Answers: d.Answers, LatencyUS: d.LatencyUS,
		})
	}
	return e
}

func TestGolden(t *testing.T) {
	for name, build := range cases {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("testdata", name)
			b := newBuilder()
			build(b)
			input := b.pcap()
			c := newCollector()
			if err := New(Options{}).Decode(context.Background(), bytes.NewReader(input), c); err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(c.golden(), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			if *update {
				write(t, dir, "input.pcap", input)
				write(t, dir, "expected.json", got)
			}
			if stored := read(t, dir, "input.pcap"); !bytes.Equal(stored, input) {
				t.Error("the generator makes another capture than the one stored; -update rewrites it")
			}
			if want := read(t, dir, "expected.json"); !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func write(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
