package packet

import (
	"encoding/binary"
	"testing"
)

func v4(protocol byte, fragment uint16, payload ...byte) []byte {
	b := []byte{0x45, 0, 0, byte(20 + len(payload)), 0, 7, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2}
	binary.BigEndian.PutUint16(b[6:], fragment)
	return append(b, payload...)
}

func v6(next byte, payload ...byte) []byte {
	b := []byte{0x60, 0, 0, 0, 0, byte(len(payload)), next, 64}
	b = append(append(b, make([]byte, 15)...), 1)
	b = append(append(b, make([]byte, 15)...), 2)
	return append(b, payload...)
}

func TestParseIP(t *testing.T) {
	for name, tt := range map[string]struct {
		b        []byte
		protocol uint8
		length   int
		offset   int
		more     bool
	}{
		"v4":                      {v4(17, 0, 1, 2, 3), 17, 3, 0, false},
		"v4, ethernet padding":    {append(v4(17, 0, 1, 2, 3), 0, 0, 0), 17, 3, 0, false},
		"v4, first fragment":      {v4(17, 0x2000, 1, 2, 3, 4, 5, 6, 7, 8), 17, 8, 0, true},
		"v4, last fragment":       {v4(17, 2, 1), 17, 1, 16, false},
		"v6":                      {v6(6, 1, 2), 6, 2, 0, false},
		"v6, hop by hop":          {v6(0, 17, 0, 1, 4, 0, 0, 0, 0, 9, 9), 17, 2, 0, false},
		"v6, fragment":            {v6(44, 17, 0, 0, 9, 0, 0, 0, 7, 1, 2, 3), 17, 3, 8, true},
		"v6, routing and options": {v6(43, 60, 0, 0, 0, 0, 0, 0, 0, 58, 0, 1, 4, 0, 0, 0, 0, 5), 58, 1, 0, false},
	} {
		d, err := ParseIP(tt.b, len(tt.b))
		if err != nil || d.Protocol != tt.protocol || d.Len != tt.length || len(d.Payload) != tt.length || d.Offset != tt.offset || d.More != tt.more {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
	for name, b := range map[string][]byte{
		"nothing":             nil,
		"version 5":           {0x50},
		"short v4":            v4(17, 0)[:19],
		"header of 16 bytes":  append([]byte{0x44}, v4(17, 0)[1:]...),
		"total below header":  {0x45, 0, 0, 19, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"short v6":            v6(6)[:39],
		"option beyond end":   v6(0, 17, 9, 0, 0, 0, 0, 0, 0),
		"extensions for ever": v6(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
	} {
		if d, err := ParseIP(b, len(b)); err == nil {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestNetwork(t *testing.T) {
	ip := v4(17, 0, 1)
	mac := make([]byte, 12)
	cat := func(parts ...[]byte) (b []byte) {
		for _, p := range parts {
			b = append(b, p...)
		}
		return b
	}
	for name, tt := range map[string]struct {
		link uint16
		b    []byte
		ok   bool
	}{
		"raw":                   {LinkRaw, ip, true},
		"ethernet":              {LinkEthernet, cat(mac, []byte{8, 0}, ip), true},
		"vlan in vlan in vlan":  {LinkEthernet, cat(mac, []byte{0x91, 0, 0, 1, 0x88, 0xa8, 0, 2, 0x81, 0, 0, 3, 8, 0}, ip), true},
		"mpls, two labels":      {LinkEthernet, cat(mac, []byte{0x88, 0x47, 0, 0, 0x10, 64, 0, 0, 0x21, 64}, ip), true},
		"ethernet over mpls":    {LinkEthernet, cat(mac, []byte{0x88, 0x47, 0, 0, 0x11, 64}, mac, []byte{8, 0}, ip), true},
		"behind a control word": {LinkEthernet, cat(mac, []byte{0x88, 0x47, 0, 0, 0x11, 64, 0, 0, 0, 9}, mac, []byte{0x81, 0, 0, 3, 8, 0}, ip), true},
		"arp over mpls":         {LinkEthernet, cat(mac, []byte{0x88, 0x47, 0, 0, 0x11, 64}, mac, []byte{8, 6}, ip), false},
		"snap":                  {LinkEthernet, cat(mac, []byte{0, 60, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, ip), true},
		"arp":                   {LinkEthernet, cat(mac, []byte{8, 6}, ip), false},
		"spanning tree":         {LinkEthernet, cat(mac, []byte{0, 38, 0x42, 0x42, 3, 0, 0, 0, 0}), false},
		"pppoe":                 {LinkEthernet, cat(mac, []byte{0x88, 0x64, 0x11, 0, 0, 1, 0, 23, 0, 0x21}, ip), true},
		"ppp, uncompressed":     {LinkPPP, cat([]byte{0xff, 3, 0, 0x21}, ip), true},
		"ppp, compressed":       {LinkPPP, cat([]byte{0x21}, ip), true},
		"ppp, link control":     {LinkPPP, []byte{0xff, 3, 0xc0, 0x21, 1, 1}, false},
		"null, big endian":      {LinkNull, cat([]byte{0, 0, 0, 2}, ip), true},
		"loop":                  {LinkLoop, cat([]byte{0, 0, 0, 2}, ip), true},
		"wifi, qos data":        {LinkWiFi, cat([]byte{0x88, 1}, make([]byte, 24), []byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, ip), true},
		"wifi, protected":       {LinkWiFi, cat([]byte{0x88, 0x41}, make([]byte, 24), []byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, ip), false},
		"radiotap":              {LinkRadiotap, cat([]byte{0, 0, 9, 0, 1, 2, 3, 4, 5, 8, 0}, make([]byte, 22), []byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, ip), true},
		"unknown":               {147, ip, false},
		"ethernet, cut":         {LinkEthernet, mac, false},
		"ethernet with no ip":   {LinkEthernet, cat(mac, []byte{8, 0}), false},
		"raw with no version":   {LinkRaw, []byte{0x10}, false},
		"hdlc of cisco routers": {LinkCHDLC, cat([]byte{0x0f, 0, 8, 0}, ip), true},
	} {
		got, ok := Network(tt.link, tt.b)
		if ok != tt.ok || ok && string(got) != string(ip) {
			t.Errorf("%s: %x, %v", name, got, ok)
		}
	}
}

func TestTunnelsAreStrict(t *testing.T) {
	inner := v4(17, 0, 1, 2, 3, 4, 5, 6, 7, 8)
	gtp := append([]byte{0x30, 0xff, 0, byte(len(inner)), 0, 0, 0, 1}, inner...)
	vxlan := append(append([]byte{8, 0, 0, 0, 0, 0, 1, 0}, make([]byte, 12)...), append([]byte{8, 0}, inner...)...)
	ask := func(port uint16, b []byte) bool {
		_, ok := Inner(UDP, &Segment{SrcPort: 999, DstPort: port, Payload: b, Len: len(b)})
		return ok
	}
	if !ask(portGTPU, gtp) || !ask(portVXLAN, vxlan) {
		t.Fatal("the tunnels are not seen at all")
	}
	for i := range 4 {
		broken := append([]byte(nil), gtp...)
		broken[i] ^= 0x80
		if ask(portGTPU, broken) {
			t.Errorf("gtp with another byte %d", i)
		}
		broken = append([]byte(nil), vxlan...)
		broken[i] ^= 0x80
		if ask(portVXLAN, broken) {
			t.Errorf("vxlan with another byte %d", i)
		}
	}
	if ask(1, gtp) || ask(1, vxlan) {
		t.Error("tunnels are looked for on every port")
	}
}

func FuzzPacket(f *testing.F) {
	f.Add(uint16(LinkRaw), v4(17, 0, 1, 2, 3, 4, 0, 8, 0, 0))
	f.Add(uint16(LinkRaw), v4(47, 0, 0x30, 1, 0x88, 0x0b, 0, 1, 0, 1, 0, 0, 0, 0, 0x21))
	f.Add(uint16(LinkRaw), v4(6, 0, make([]byte, 20)...))
	f.Add(uint16(LinkEthernet), append(make([]byte, 12), 0x86, 0xdd, 0x60))
	f.Add(uint16(LinkRaw), v6(0, 17, 0, 1, 4, 0, 0, 0, 0, 9, 9))
	f.Fuzz(func(t *testing.T, link uint16, b []byte) {
		ip, ok := Network(link, b)
		if !ok {
			return
		}
		for range 8 {
			d, err := ParseIP(ip, len(ip))
			if err != nil {
				return
			}
			s, err := ParseTransport(&d)
			if err != nil {
				return
			}
			if len(s.Payload) > s.Len || s.Len < 0 {
				t.Fatalf("%d bytes of %d", len(s.Payload), s.Len)
			}
			if ip, ok = Inner(d.Protocol, &s); !ok {
				return
			}
		}
	})
}
