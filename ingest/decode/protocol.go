package decode

import "bytes"

// protocolNames are the keywords of IANA's protocol number registry
// (https://www.iana.org/assignments/protocol-numbers), by number.
var protocolNames = [...]string{
	"HOPOPT", "ICMP", "IGMP", "GGP", "IPv4", "ST", "TCP", "CBT", "EGP", "IGP",
	"BBN-RCC-MON", "NVP-II", "PUP", "ARGUS", "EMCON", "XNET", "CHAOS", "UDP", "MUX", "DCN-MEAS",
	"HMP", "PRM", "XNS-IDP", "TRUNK-1", "TRUNK-2", "LEAF-1", "LEAF-2", "RDP", "IRTP", "ISO-TP4",
	"NETBLT", "MFE-NSP", "MERIT-INP", "DCCP", "3PC", "IDPR", "XTP", "DDP", "IDPR-CMTP", "TP++",
	"IL", "IPv6", "SDRP", "IPv6-Route", "IPv6-Frag", "IDRP", "RSVP", "GRE", "DSR", "BNA",
	"ESP", "AH", "I-NLSP", "SWIPE", "NARP", "Min-IPv4", "TLSP", "SKIP", "IPv6-ICMP", "IPv6-NoNxt",
	"IPv6-Opts", "any-host-internal-protocol", "CFTP", "any-local-network", "SAT-EXPAK", "KRYPTOLAN", "RVD", "IPPC", "any-distributed-file-system", "SAT-MON",
	"VISA", "IPCV", "CPNX", "CPHB", "WSN", "PVP", "BR-SAT-MON", "SUN-ND", "WB-MON", "WB-EXPAK",
	"ISO-IP", "VMTP", "SECURE-VMTP", "VINES", "IPTM", "NSFNET-IGP", "DGP", "TCF", "EIGRP", "OSPFIGP",
	"SPRITE-RPC", "LARP", "MTP", "AX.25", "IPIP", "MICP", "SCC-SP", "ETHERIP", "ENCAP", "any-private-encryption-scheme",
	"GMTP", "IFMP", "PNNI", "PIM", "ARIS", "SCPS", "QNX", "A/N", "IPComp", "SNP",
	"Compaq-Peer", "IPX-in-IP", "VRRP", "PGM", "any-0-hop-protocol", "L2TP", "DDX", "IATP", "STP", "SRP",
	"UTI", "SMP", "SM", "PTP", "ISIS over IPv4", "FIRE", "CRTP", "CRUDP", "SSCOPMCE", "IPLT",
	"SPS", "PIPE", "SCTP", "FC", "RSVP-E2E-IGNORE", "Mobility Header", "UDPLite", "MPLS-in-IP", "manet", "HIP",
	"Shim6", "WESP", "ROHC", "Ethernet", "AGGFRAG", "NSH",
}

// protocolNumber reads an IP protocol given as number or name, in any case.
func protocolNumber(b []byte) (uint8, bool) {
	switch string(b) { // nearly all records
	case "TCP", "tcp", "6":
		return 6, true
	case "UDP", "udp", "17":
		return 17, true
	case "ICMP", "icmp", "1":
		return 1, true
	case "icmp6", "ICMP6", "icmpv6", "ICMPv6", "ipv6-icmp":
		return 58, true
	case "ospf", "OSPF":
		return 89, true
	}
	if n, ok := digits(b); ok && len(b) <= 3 {
		return uint8(n), n <= 255
	}
	for n, name := range protocolNames {
		if len(name) == len(b) && bytes.EqualFold([]byte(name), b) {
			return uint8(n), true
		}
	}
	return 0, false
}
