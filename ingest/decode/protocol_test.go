package decode

import "testing"

// TestProtocolNames asks for the names that differ between the registry and sensors.
func TestProtocolNames(t *testing.T) {
	for name, want := range map[string]uint8{
		"IP-in-IP": 4, "ipencap": 4, "IPv4": 4, "IS-IS": 124, "isis": 124, "Mobility": 135, "Mobility Header": 135, "MOBILE": 55,
		"IPv6-ICMP": 58, "ipv6-crypt": 50, "ipv6-auth": 51, "ICMPv6": 58, "icmp6": 58, "OSPF": 89, "ospfigp": 89, "TP++": 39, "AX.25": 93, "A/N": 107, "3PC": 34,
		"UDPLite": 136, "UDP-Lite": 136, "MPLS-in-IP": 137, "ipip": 94, "TTP": 84, "IPTM": 84, "061": 61, "255": 255, "0": 0, "ip": 0, "hopopt": 0,
	} {
		if got, ok := protocolNumber([]byte(name)); !ok || got != want {
			t.Errorf("%s is %d, %v, want %d", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "256", "0006", "-", "nonsense", "6.0", "tcpx"} {
		if got, ok := protocolNumber([]byte(name)); ok {
			t.Errorf("%q passes as %d", name, got)
		}
	}
}
