package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// planted are client addresses that must be found nowhere after a run.
var planted = []netip.Addr{
	netip.MustParseAddr("198.51.100.77"),
	netip.MustParseAddr("2001:db8:dead:beef:1234:5678:9abc:def0"),
}

// forms are the ways in which an address could have been written down.
func forms(a netip.Addr) map[string][]byte {
	raw := a.AsSlice()
	f := map[string][]byte{
		"text": []byte(a.String()), "text, expanded": []byte(a.StringExpanded()),
		"hexadecimal": fmt.Appendf(nil, "%x", raw), "hexadecimal, capitals": fmt.Appendf(nil, "%X", raw),
	}
	if a.Is4() {
		n := uint32(raw[0])<<24 | uint32(raw[1])<<16 | uint32(raw[2])<<8 | uint32(raw[3])
		r := uint32(raw[3])<<24 | uint32(raw[2])<<16 | uint32(raw[1])<<8 | uint32(raw[0])
		f["decimal"], f["decimal, little-endian"] = fmt.Append(nil, n), fmt.Append(nil, r)
		f["mapped"] = []byte("::ffff:" + a.String())
		f["reversed name"] = fmt.Appendf(nil, "%d.%d.%d.%d.in-addr", raw[3], raw[2], raw[1], raw[0])
		f["dashes"] = []byte(strings.ReplaceAll(a.String(), ".", "-"))
		return f
	}
	f["binary"], f["upper case"] = raw, []byte(strings.ToUpper(a.String()))
	return f
}

// plantedInputs writes one file a format with the planted addresses as clients, in good
// records and in broken ones.
func plantedInputs(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	var goflow, dns, zeek, eve strings.Builder
	zeek.WriteString("#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\n")
	for i, a := range planted {
		server := [...]string{"192.0.2.10", "2001:db8:1::10"}[i]
		fmt.Fprintf(&goflow, `{"type":"NETFLOW_V9","time_received_ns":1523836801000000000,"sampling_rate":1,"sampler_address":"192.0.2.254","time_flow_start_ns":1523836800000000000,"time_flow_end_ns":1523836800500000000,"bytes":1200,"packets":3,"src_addr":%q,"dst_addr":%q,"proto":"UDP","src_port":40000,"dst_port":1194}`+"\n", a, server)
		fmt.Fprintf(&goflow, `{"type":"NETFLOW_V9","time_flow_start_ns":"%s","src_addr":%q,"dst_addr":"nowhere","proto":"UDP"}`+"\n", a, a)
		fmt.Fprintf(&goflow, `{"src_addr":%q,"dst_addr":[%q`+"\n", a, a)
		for form, text := range forms(a) {
			if form != "binary" {
				fmt.Fprintf(&goflow, "broken %s\n", text)
			}
		}
		fmt.Fprintf(&dns, `{"network":{"query-ip":%q,"response-ip":"192.0.2.53","protocol":"UDP"},"dns":{"qname":"host-%s.clients.example.net","qtype":"A","rcode":"NOERROR","resource-records":{"an":[{"rdatatype":"A","rdata":"192.0.2.80"}]}},"dnstap":{"operation":"CLIENT_RESPONSE","timestamp-rfc3339ns":"2018-04-16T00:00:01Z"}}`+"\n", a, strings.NewReplacer(".", "-", ":", "-").Replace(a.String()))
		fmt.Fprintf(&zeek, "1523836800.5\tC%d\t%s\t40001\t%s\t443\ttcp\tssl\t1.5\t100\t2000\n", i, a, server)
		fmt.Fprintf(&zeek, "not-a-time\tC%d\t%s\t40001\t%s\t443\ttcp\tssl\t1.5\t100\t2000\n", i, a, server)
		fmt.Fprintf(&eve, `{"timestamp":"2018-04-16T00:00:00.000000+0000","event_type":"flow","src_ip":%q,"src_port":40002,"dest_ip":%q,"dest_port":443,"proto":"TCP","app_proto":"tls","flow":{"pkts_toserver":3,"pkts_toclient":3,"bytes_toserver":300,"bytes_toclient":900,"start":"2018-04-16T00:00:00.000000+0000","end":"2018-04-16T00:00:01.000000+0000"}}`+"\n", a, server)
	}
	for name, text := range map[string]string{
		"flows.ndjson": goflow.String(), "dns.ndjson": dns.String(), "conn.log": zeek.String(), "eve.json": eve.String(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{dir}
}
