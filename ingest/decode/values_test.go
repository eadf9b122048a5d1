package decode

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// good is a record of each text format, as its writer prints it.
var good = map[Format]string{
	Goflow2JSON:      `{"type":"IPFIX","time_received_ns":1523836801000000000,"sampling_rate":10,"sampler_address":"192.0.2.1","time_flow_start_ns":1523836800000000000,"time_flow_end_ns":1523836800500000000,"bytes":1000,"packets":5,"src_addr":"10.0.0.1","dst_addr":"198.51.100.9","proto":"TCP","src_port":40000,"dst_port":443,"tcp_flags":27}`,
	PmacctJSON:       `{"ip_src":"10.0.0.1","ip_dst":"198.51.100.9","port_src":40000,"port_dst":443,"ip_proto":"tcp","tcp_flags":"27","sampling_rate":10,"timestamp_start":"2018-04-16 00:00:00.000000","timestamp_end":"2018-04-16 00:00:01.500000","packets":5,"bytes":1000}`,
	ZeekConn:         `{"ts":1523836800.5,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":40000,"id.resp_h":"198.51.100.9","id.resp_p":443,"proto":"tcp","duration":1.5,"orig_bytes":100,"resp_bytes":2000,"conn_state":"SF","orig_pkts":5,"resp_pkts":6}`,
	ZeekDNS:          `{"ts":1523836800.5,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":40000,"id.resp_h":"10.9.9.9","id.resp_p":53,"proto":"udp","trans_id":7,"rtt":0.02,"query":"a.example.com","qtype":1,"qtype_name":"A","rcode":0,"answers":["198.51.100.9"]}`,
	DNSCollectorJSON: `{"network":{"query-ip":"10.0.0.1","query-port":"40000","response-ip":"10.9.9.9"},"dns":{"id":7,"qname":"a.example.com","qtype":"A","rcode":"NOERROR","resource-records":{"an":[{"name":"a.example.com","rdatatype":"A","rdata":"198.51.100.9"}]}},"dnstap":{"operation":"CLIENT_RESPONSE","identity":"x","timestamp-rfc3339ns":"2018-04-16T00:00:00.5Z","latency":0.02}}`,
	NDPId:            `{"flow_event_id":2,"flow_event_name":"end","flow_id":1,"alias":"a","source":"eth0","flow_first_seen":1523836800000000,"flow_src_last_pkt_time":1523836801000000,"flow_dst_last_pkt_time":1523836801500000,"flow_src_packets_processed":5,"flow_dst_packets_processed":6,"flow_src_tot_l4_payload_len":100,"flow_dst_tot_l4_payload_len":2000,"l4_proto":"tcp","src_ip":"10.0.0.1","dst_ip":"198.51.100.9","src_port":40000,"dst_port":443,"midstream":0}`,
	SuricataEVE:      `{"timestamp":"2018-04-16T00:00:02.000000+0000","event_type":"flow","src_ip":"10.0.0.1","src_port":40000,"dest_ip":"198.51.100.9","dest_port":443,"proto":"TCP","app_proto":"tls","flow":{"pkts_toserver":5,"pkts_toclient":6,"bytes_toserver":100,"bytes_toclient":2000,"start":"2018-04-16T00:00:00.000000+0000","end":"2018-04-16T00:00:01.000000+0000"},"tcp":{"tcp_flags":"1b","tcp_flags_tc":"1b"}}`,
}

// Values that writers, and who passes records on, put in a record's place.
var (
	anyValues = []string{"null", `""`, `"-"`, `"NULL"`, `"(empty)"`, `-1`, `"12"`, `" 12 "`, `1e1`, `1.2e1`, `12.0`, `"1e1"`, `12.5`, `true`, `[]`, `{}`,
		`18446744073709551615`, `18446744073709551616`, `1e400`, `"0x1b"`, `"1,000"`}
	timeValues = []string{`"2018-04-16T00:00:00.5Z"`, `"2018-04-16T03:00:00.5+03:00"`, `"2018-04-16T03:00:00.5+0300"`, `"2018-04-16 00:00:00.5"`, `"2018-04-16T00:00:00,5Z"`,
		`1523836800`, `1523836800.5`, `1523836800500`, `1523836800500000`, `1523836800500000000`, `"1523836800500"`, `1.5238368005e9`, `1.5238368005e12`,
		`0`, `"0"`, `"1970-01-01T00:00:00Z"`, `"0000-00-00 00:00:00"`, `"2018-02-30T00:00:00Z"`, `"2018-04-16"`}
	isTime = regexp.MustCompile(`(^ts|time(stamp)?(_.*|-rfc.*)?|seen|start|end)$`)
)

// paths gives the keys of an object, also those within its objects, in the order that they stand in.
func paths(t *testing.T, object string) (all [][]string) {
	t.Helper()
	var walk func(d *json.Decoder, above []string)
	walk = func(d *json.Decoder, above []string) {
		for d.More() {
			key, err := d.Token()
			if err != nil {
				t.Fatal(err)
			}
			path := append(append([]string(nil), above...), key.(string))
			var raw json.RawMessage
			if err := d.Decode(&raw); err != nil {
				t.Fatal(err)
			}
			if raw[0] != '{' {
				all = append(all, path)
				continue
			}
			inner := json.NewDecoder(bytes.NewReader(raw))
			inner.Token()
			walk(inner, path)
		}
	}
	d := json.NewDecoder(strings.NewReader(object))
	d.Token()
	walk(d, nil)
	return all
}

// with gives the object with another value at a path; without: with none.
func with(object string, path []string, value string, without bool) string {
	var members []string
	d := json.NewDecoder(strings.NewReader(object))
	d.Token()
	for d.More() {
		key, _ := d.Token()
		var raw json.RawMessage
		_ = d.Decode(&raw)
		if key == path[0] {
			switch {
			case len(path) > 1:
				raw = json.RawMessage(with(string(raw), path[1:], value, without))
			case without:
				continue
			default:
				raw = json.RawMessage(value)
			}
		}
		members = append(members, fmt.Sprintf("%q:%s", key, raw))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// outcome says what became of a text: what differs from the good record's words.
func outcome(t *testing.T, f Format, text, good string) string {
	t.Helper()
	s, err := NewStream(f)
	if err != nil {
		t.Fatal(err)
	}
	var d dump
	cut := ""
	if err := s.Decode(context.Background(), strings.NewReader(text), &d); err != nil {
		cut = "; cut"
	}
	var all []string
	known := map[string]bool{}
	for _, word := range strings.Fields(good) {
		known[word] = true
	}
	for line := range strings.Lines(d.String()) {
		_, line, _ = strings.Cut(strings.TrimSpace(line), " ")
		kind, rest, _ := strings.Cut(line, " ")
		if kind != "flow" && kind != "dns" || good == "" {
			all = append(all, line)
			continue
		}
		words := []string{kind}
		for _, word := range strings.Fields(rest) {
			if !known[word] {
				words = append(words, word)
			}
		}
		all = append(all, strings.Join(words, " "))
	}
	return strings.Join(all, "; ") + cut
}

// TestValues puts each of the values in the place of each key's, one at a time, and each way to write a record
// down: what comes of them is testdata/values/<format>.txt, the keys of one outcome on a line.
func TestValues(t *testing.T) {
	for f, object := range good {
		t.Run(string(f), func(t *testing.T) {
			record := outcome(t, f, object+"\n", "")
			var out strings.Builder
			fmt.Fprintf(&out, "%s\n", record)
			for _, w := range []struct{ name, text string }{
				{"byte-order marks", "\ufeff" + object + "\n\ufeff" + object + "\n"},
				{"lines that end by CR LF", object + "\r\n" + object + "\r\n"},
				{"blank lines", "\n \n\t\n\r\n" + object + "\n\n"},
				{"spaces around", "  " + object + " \t\n"},
				{"no end of the last line", object},
				{"cut", object + "\n" + object[:40]},
				{"every key twice", object[:len(object)-1] + "," + object[1:] + "\n"},
				{"an escape", strings.Replace(object, "10.0.0.1", `10.0.0\u002e1`, 1) + "\n"},
				{"two on a line", object + object + "\n"},
				{"an array of records", "[" + object + ",\n" + object + "]\n"},
				{"another format's line", object + "\n" + `{"a":1}` + "\n" + object + "\n"},
				{"the beginning of the file again", object + "\n" + object + "\n"},
			} {
				fmt.Fprintf(&out, "%s: %s\n", w.name, outcome(t, f, w.text, record))
			}
			for _, path := range paths(t, object) {
				key := strings.Join(path, ".")
				byOutcome := map[string][]string{}
				var order []string
				note := func(value, text string) {
					o := outcome(t, f, text+"\n", record)
					if byOutcome[o] == nil {
						order = append(order, o)
					}
					byOutcome[o] = append(byOutcome[o], value)
				}
				note("(none)", with(object, path, "", true))
				values := anyValues
				if isTime.MatchString(path[len(path)-1]) {
					values = append(append([]string(nil), anyValues...), timeValues...)
				}
				for _, v := range values {
					note(v, with(object, path, v, false))
				}
				for _, o := range order {
					fmt.Fprintf(&out, "%s = %s: %s\n", key, strings.Join(byOutcome[o], " "), o)
				}
			}
			golden := filepath.Join("testdata", "values", string(f)+".txt")
			if *update {
				if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
