package evaluate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"

	"github.com/banshift/banshift/schemas"
)

// None is the tool of flows that are none of the tools.
const None = "none"

// Untrusted stands in a confusion table for flows whose label is a guess.
const Untrusted = "untrusted"

// Label is what is known of one flow.
type Label struct {
	Capture  string
	Protocol string // tcp, udp, other
	Src, Dst netip.AddrPort
	Tool     string
	Provider string
	// Trusted is false where the label is a guess; the flow then counts as negative.
	Trusted bool
	// Named is false where the labeller did not recognise the flow at all.
	Named bool
}

// truth is the tool that a verdict must name.
func (l *Label) truth() string {
	if !l.Trusted {
		return None
	}
	return l.Tool
}

// Verdict is what was said of one flow.
type Verdict struct {
	Capture        string
	Protocol       uint8 // IP protocol number
	Client, Server netip.AddrPort
	Tool, Service  string
	P              float64
	Level          schemas.Level
	// Rules are the indexes in the pack of those that fired, ascending.
	Rules []uint16
}

// fired reports whether a rule is among the evidence.
func (v *Verdict) fired(rule uint16) bool {
	_, ok := slices.BinarySearch(v.Rules, rule)
	return ok
}

// says reports whether the verdict names tool on either axis, at likely or better.
func (v *Verdict) says(tool string) bool {
	return v.Level >= schemas.Likely && (v.Tool == tool || v.Service == tool)
}

// ReadLabels reads a CSV with at least the columns capture, proto, src_ip, src_port,
// dst_ip, dst_port and tool; trusted, provider and ndpi_label are used where present.
func ReadLabels(r io.Reader) ([]Label, error) {
	cr := csv.NewReader(r)
	header, err := cr.Read()
	if err != nil {
		return nil, fmt.Errorf("labels: header: %w", err)
	}
	at := make(map[string]int, len(header))
	for i, h := range header {
		at[h] = i
	}
	for _, need := range []string{"capture", "proto", "src_ip", "src_port", "dst_ip", "dst_port", "tool"} {
		if _, ok := at[need]; !ok {
			return nil, fmt.Errorf("labels: no column %s", need)
		}
	}
	var labels []Label
	for {
		row, err := cr.Read()
		if errors.Is(err, io.EOF) {
			return labels, nil
		}
		if err != nil {
			return nil, fmt.Errorf("labels: %w", err)
		}
		l, err := readLabel(row, at)
		if err != nil {
			line, _ := cr.FieldPos(0)
			return nil, fmt.Errorf("labels: line %d: %w", line, err)
		}
		labels = append(labels, l)
	}
}

func readLabel(row []string, at map[string]int) (Label, error) {
	get := func(name string) string {
		if i, ok := at[name]; ok {
			return row[i]
		}
		return ""
	}
	src, err := addrPort(get("src_ip"), get("src_port"))
	if err != nil {
		return Label{}, err
	}
	dst, err := addrPort(get("dst_ip"), get("dst_port"))
	if err != nil {
		return Label{}, err
	}
	l := Label{
		Capture: get("capture"), Protocol: get("proto"), Src: src, Dst: dst, Tool: get("tool"), Provider: get("provider"),
		Trusted: get("trusted") != "0", Named: get("ndpi_label") != "Unknown",
	}
	if l.Tool == "" {
		l.Tool = None
	}
	return l, nil
}

func addrPort(addr, port string) (netip.AddrPort, error) {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		// Some labellers print broken IPv6 addresses: such a label stays, unmatched.
		a = netip.IPv6Unspecified()
	}
	n := uint64(0)
	if port != "" {
		if n, err = strconv.ParseUint(port, 10, 16); err != nil {
			return netip.AddrPort{}, fmt.Errorf("port: %w", err)
		}
	}
	return netip.AddrPortFrom(a.Unmap().WithZone(""), uint16(n)), nil
}

// key names a flow by its 5-tuple, whichever end is first. Protocols without ports
// are known by their addresses.
type key struct {
	capture, protocol string
	low, high         netip.AddrPort
}

func keyOf(capture, protocol string, a, b netip.AddrPort) key {
	if protocol == "other" {
		a, b = netip.AddrPortFrom(a.Addr(), 0), netip.AddrPortFrom(b.Addr(), 0)
	}
	if b.Compare(a) < 0 {
		a, b = b, a
	}
	return key{capture, protocol, a, b}
}

func protocolClass(n uint8) string {
	switch n {
	case 6:
		return "tcp"
	case 17:
		return "udp"
	}
	return "other"
}
