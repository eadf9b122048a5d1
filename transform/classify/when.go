package classify

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// When holds the conditions of a rule; all that are present must hold. A condition on
// something that the telemetry does not carry does not hold.
type When struct {
	// Proto are tcp, udp, icmp, gre, esp, ah, ipip, ipv6, etherip, sctp or numbers.
	Proto []string `yaml:"proto"`
	// ServerPort, ClientPort and AnyPort (either end) are ports or ranges "a..b".
	ServerPort []Range `yaml:"server_port"`
	ClientPort []Range `yaml:"client_port"`
	AnyPort    []Range `yaml:"any_port"`
	// SamePort asks for the same port at both ends (true) or different ones (false).
	SamePort *bool `yaml:"same_port"`
	// Signatures are names of the vocabulary in package schemas.
	Signatures Bits `yaml:"signatures"`
	// Traits are names of the vocabulary of traits in package schemas.
	Traits Bits `yaml:"traits"`
	// Context are names of the vocabulary in package flowcontext: what was seen near the flow.
	Context Bits `yaml:"context"`
	// FirstUp and FirstDown are the first payload size in each direction.
	FirstUp   []Range `yaml:"first_up"`
	FirstDown []Range `yaml:"first_down"`
	// Sizes are the first payload sizes in order, up positive, down negative, "*" for any.
	Sizes []Range `yaml:"sizes"`
	// SizesMod holds where at least Count sizes are known, none is under Min, and all are
	// 0 mod Modulus.
	SizesMod *Modulus `yaml:"sizes_mod"`
	SNI      *Names   `yaml:"sni"`
	// ALPN holds where any of the client's protocols is one of these.
	ALPN []string `yaml:"alpn"`
	// ALPNNone holds where none of them is one of these; a flow without ALPN passes.
	ALPNNone []string `yaml:"alpn_none"`
	// JA4 are whole fingerprints.
	JA4 []string `yaml:"ja4"`
	// Sensor are labels as the sensor gives them, "*" matching anything, in any case.
	Sensor []string `yaml:"sensor"`
	// SensorConfidence is the sensor's own, in percent; 0 where it gives none.
	SensorConfidence *Bounds `yaml:"sensor_confidence"`
	List             *Listed `yaml:"list"`
	// ServerType are types of networks: hosting, eyeball, business, cdn, education.
	ServerType []string `yaml:"server_type"`
	ServerASN  []uint32 `yaml:"server_asn"`
	// Local asks for a server that is a group, all, a link's neighbour or nobody (true), or
	// for none of these (false): RFC 5771, RFC 4291 sections 2.5.6 and 2.7, RFC 3927.
	Local *bool `yaml:"local"`
	// Answered says whether any packet came back.
	Answered *bool `yaml:"answered"`
	// Bounds on the flow as a whole.
	DurationS   *Bounds `yaml:"duration_s"`
	BytesUp     *Bounds `yaml:"bytes_up"`
	BytesDown   *Bounds `yaml:"bytes_down"`
	PacketsUp   *Bounds `yaml:"packets_up"`
	PacketsDown *Bounds `yaml:"packets_down"`
	// MeanUp and MeanDown are bytes by packet, as the source counts bytes.
	MeanUp   *Bounds `yaml:"mean_up"`
	MeanDown *Bounds `yaml:"mean_down"`
	// DownUpRatio is bytes down by bytes up.
	DownUpRatio *Bounds `yaml:"down_up_ratio"`
}

// Bits are conditions on a flow's signatures, traits or context.
type Bits struct {
	All  []string `yaml:"all"`
	Any  []string `yaml:"any"`
	None []string `yaml:"none"`
	// Seen (signatures only) are those of which one must be there where first payloads
	// were looked at: what was seen to be something else is not told by its lengths.
	Seen []string `yaml:"seen"`
}

// Names are conditions on a flow's server name. In, Suffix and Exact are alternatives.
type Names struct {
	In      []string `yaml:"in"` // ids of name sets
	Suffix  []string `yaml:"suffix"`
	Exact   []string `yaml:"exact"`
	Present *bool    `yaml:"present"`
}

func (b *Bits) empty() bool { return len(b.All)+len(b.Any)+len(b.None)+len(b.Seen) == 0 }

func (n *Names) lists() bool { return n != nil && len(n.In)+len(n.Suffix)+len(n.Exact) > 0 }

// Listed are conditions on one entry of a list that is valid at the flow's start.
type Listed struct {
	Kind    []string `yaml:"kind"`
	Tool    []string `yaml:"tool"`
	Service []string `yaml:"service"`
	// Name asks for an entry that is a name (true) or an address (false, the default).
	Name bool `yaml:"name"`
	// Exact asks for an endpoint (true) or a range (false).
	Exact *bool `yaml:"exact"`
	// Port asks for an entry that states a port (true) or none (false).
	Port       *bool    `yaml:"port"`
	MinAgeDays *int     `yaml:"min_age_days"`
	MaxAgeDays *int     `yaml:"max_age_days"`
	MinShare   *float64 `yaml:"min_share"`
	MaxShare   *float64 `yaml:"max_share"`
}

// Modulus is a condition on all known sizes.
type Modulus struct {
	Modulus int `yaml:"modulus"`
	Min     int `yaml:"min"`
	Count   int `yaml:"count"`
}

// Bounds are an inclusive interval; a missing end is open.
type Bounds struct {
	Min *float64 `yaml:"min"`
	Max *float64 `yaml:"max"`
}

func (b *Bounds) holds(v float64) bool {
	return (b.Min == nil || v >= *b.Min) && (b.Max == nil || v <= *b.Max)
}

// Range is an inclusive interval of integers, written 500, "500..510" or "*".
type Range struct{ Min, Max int32 }

// UnmarshalYAML reads the three ways of writing a range.
func (r *Range) UnmarshalYAML(node *yaml.Node) error {
	if node.Value == "*" {
		*r = Range{math.MinInt32, math.MaxInt32}
		return nil
	}
	low, high, found := strings.Cut(node.Value, "..")
	if !found {
		high = low
	}
	a, err := strconv.ParseInt(low, 10, 32)
	if err != nil {
		return fmt.Errorf("line %d: range %q: want a number, a..b or *", node.Line, node.Value)
	}
	b, err := strconv.ParseInt(high, 10, 32)
	if err != nil || b < a {
		return fmt.Errorf("line %d: range %q: want a number, a..b with a <= b, or *", node.Line, node.Value)
	}
	*r = Range{int32(a), int32(b)}
	return nil
}

func (r Range) holds(v int32) bool { return v >= r.Min && v <= r.Max }

func anyRange(rs []Range, v int32) bool {
	for _, r := range rs {
		if r.holds(v) {
			return true
		}
	}
	return false
}

// protocols are the IP protocol numbers that rules may name (IANA protocol numbers).
var protocols = map[string]uint8{
	"icmp": 1, "ipip": 4, "tcp": 6, "udp": 17, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51,
	"icmpv6": 58, "etherip": 97, "sctp": 132,
}

func parseProtocol(s string) (uint8, error) {
	if n, ok := protocols[s]; ok {
		return n, nil
	}
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("unknown protocol %q", s)
	}
	return uint8(n), nil
}
