package main

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/pqarrow"
	dnstap "github.com/dnstap/golang-dnstap"
	framestream "github.com/farsightsec/golang-framestream"
	"github.com/miekg/dns"
	flowpb "github.com/netsampler/goflow2/v2/pb"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/proto"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas"
)

// plantedHome are the prefixes of the clients; no time of 2018 in seconds is an address of them.
const plantedHome = "[100.64.0.0/10, '2001:db8::/32']"

// plantedClients are n addresses, each another, of both families in turn.
func plantedClients(n int, seed uint64) []netip.Addr {
	random := rand.New(rand.NewPCG(seed, 0))
	clients := make([]netip.Addr, n)
	for i := range clients {
		if i%2 == 0 {
			// Not the first of its /24, which stands for all of them where an answer points to it.
			of := uint32(100<<24|64<<16) + (uint32(i/2)*2654435761+uint32(seed))&(1<<21-1)<<1 | 1
			clients[i] = netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, of)))
			continue
		}
		raw := [16]byte{0x20, 0x01, 0x0d, 0xb8}
		binary.BigEndian.PutUint32(raw[4:], random.Uint32())
		binary.BigEndian.PutUint64(raw[8:], random.Uint64())
		clients[i] = netip.AddrFrom16(raw)
	}
	return clients
}

// serverOf is a server of the client's family, outside of its home.
func serverOf(client netip.Addr) netip.Addr {
	if client.Is4() {
		return netip.MustParseAddr("192.0.2.10")
	}
	return netip.MustParseAddr("3fff:1::10")
}

var spellings32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// spelled are the ways in which a name may have an address in it.
func spelled(a netip.Addr) []string {
	raw := a.AsSlice()
	names := []string{fmt.Sprintf("%x", raw), "c" + fmt.Sprintf("%x", raw), strings.ToLower(spellings32.EncodeToString(raw))}
	if !a.Is4() {
		var nibbles []string
		for i := len(raw) - 1; i >= 0; i-- {
			nibbles = append(nibbles, fmt.Sprintf("%x", raw[i]&15), fmt.Sprintf("%x", raw[i]>>4))
		}
		return append(names, strings.ReplaceAll(a.StringExpanded(), ":", "-"), strings.Join(nibbles, "."))
	}
	return append(names, fmt.Sprintf("%d-%d-%d-%d", raw[0], raw[1], raw[2], raw[3]), fmt.Sprintf("host-%d-%d-%d-%d", raw[3], raw[2], raw[1], raw[0]),
		strconv.FormatUint(uint64(binary.BigEndian.Uint32(raw)), 10), fmt.Sprintf("%d.%d.%d.%d", raw[3], raw[2], raw[1], raw[0]))
}

// plantedLines are good records of the text formats: @A is the client, @S the server, @N a name with the address.
var plantedLines = map[string][]string{
	"goflow2.json": {`{"type":"NETFLOW_V9","time_received_ns":1523836801000000000,"sampling_rate":1,"sampler_address":"@A","time_flow_start_ns":1523836800000000000,"time_flow_end_ns":1523836800500000000,"bytes":1200,"packets":3,"src_addr":"@A","dst_addr":"@S","proto":"UDP","src_port":40000,"dst_port":1194}`},
	"pmacct.json":  {`{"event_type":"purge","peer_ip_src":"@A","ip_src":"@A","ip_dst":"@S","port_src":50000,"port_dst":1194,"ip_proto":"udp","timestamp_start":"2018-04-16 00:00:00.250000","timestamp_end":"2018-04-16 00:00:01.500000","packets":4,"bytes":600,"label":"@A"}`},
	"conn.json":    {`{"ts":1523836800.5,"uid":"C@N","id.orig_h":"@A","id.orig_p":40001,"id.resp_h":"@S","id.resp_p":443,"proto":"tcp","service":"ssl","duration":1.5,"orig_bytes":100,"resp_bytes":2000}`},
	"ssl.json":     {`{"ts":1523836800.5,"uid":"C@N","id.orig_h":"@A","id.orig_p":40002,"id.resp_h":"@S","id.resp_p":443,"version":"TLSv13","cipher":"TLS_AES_128_GCM_SHA256","server_name":"@N.com","established":true}`},
	"tunnel.json":  {`{"ts":1523836800.5,"uid":"C@N","id.orig_h":"@A","id.orig_p":0,"id.resp_h":"@S","id.resp_p":0,"tunnel_type":"Tunnel::GRE","action":"Tunnel::DISCOVER"}`},
	"socks.json":   {`{"ts":1523836800.5,"uid":"C@N","id.orig_h":"@A","id.orig_p":50000,"id.resp_h":"@S","id.resp_p":1080,"version":5,"status":"succeeded","request.name":"@N.com","request_p":80,"bound.host":"@A"}`},
	"dns.json":     {`{"ts":1523836800.5,"uid":"C@N","id.orig_h":"@A","id.orig_p":50000,"id.resp_h":"@S","id.resp_p":53,"proto":"udp","trans_id":130,"query":"@N.com","qtype":1,"qtype_name":"A","rcode_name":"NOERROR","answers":["@N.com","@A"],"TTLs":[300.0,300.0]}`},
	"eve.json": {`{"timestamp":"2018-04-16T00:00:00.000000+0000","event_type":"flow","src_ip":"@A","src_port":40002,"dest_ip":"@S","dest_port":443,"proto":"TCP","app_proto":"tls","host":"@A","flow":{"pkts_toserver":3,"pkts_toclient":3,"bytes_toserver":300,"bytes_toclient":900,"start":"2018-04-16T00:00:00.000000+0000","end":"2018-04-16T00:00:01.000000+0000"}}`,
		`{"timestamp":"2018-04-16T00:00:00.000000+0000","event_type":"tls","src_ip":"@A","src_port":40002,"dest_ip":"@S","dest_port":443,"proto":"TCP","tls":{"sni":"@N.com","version":"TLS 1.3"}}`,
		`{"timestamp":"2018-04-16T00:00:00.000000+0000","event_type":"dns","src_ip":"@A","src_port":40003,"dest_ip":"@S","dest_port":53,"proto":"UDP","dns":{"type":"answer","id":1,"rrname":"@N.com","rrtype":"A","rcode":"NOERROR","answers":[{"rrname":"@N.com","rrtype":"A","rdata":"@A"}]}}`},
	"ndpid.json":        {`{"flow_event_id":3,"flow_event_name":"end","thread_id":0,"packet_id":9,"source":"@A","alias":"@N","flow_id":1,"flow_state":"finished","flow_src_packets_processed":3,"flow_dst_packets_processed":3,"flow_first_seen":1523836800000000,"flow_src_last_pkt_time":1523836801000000,"flow_dst_last_pkt_time":1523836801000000,"flow_src_tot_l4_payload_len":148,"flow_dst_tot_l4_payload_len":92,"midstream":0,"thread_ts_usec":1523836801000000,"l3_proto":"ip4","src_ip":"@A","dst_ip":"@S","src_port":50000,"dst_port":51820,"l4_proto":"udp"}`},
	"dnscollector.json": {`{"network":{"query-ip":"@A","response-ip":"@S","protocol":"UDP"},"dns":{"qname":"host-@N.dyn.example.net","qtype":"A","rcode":"NOERROR","resource-records":{"an":[{"rdatatype":"A","rdata":"@A"}]}},"dnstap":{"operation":"CLIENT_RESPONSE","identity":"@N","timestamp-rfc3339ns":"2018-04-16T00:00:01Z"}}`},
}

// plantLines writes good records and broken ones that have the address everywhere a record can.
func plantLines(lines []string) func(testing.TB, io.Writer, []netip.Addr) {
	return func(t testing.TB, w io.Writer, clients []netip.Addr) {
		for i, a := range clients {
			names := spelled(a)
			name := names[i%len(names)]
			fill := strings.NewReplacer("@A", a.String(), "@S", serverOf(a).String(), "@N", name)
			for _, line := range lines {
				good := fill.Replace(line)
				fmt.Fprintln(w, good)
				if i%3 == 2 {
					fmt.Fprintln(w, good[:len(good)-len(good)/(2+i%5)])
					fmt.Fprintf(w, "broken %s %s, %q: %d\n", a.StringExpanded(), name, name, i)
					fmt.Fprintln(w, strings.ReplaceAll(good, `":`, name+`":`))
				}
			}
		}
	}
}

// plantProtobuf writes goflow2's messages, each behind its length.
func plantProtobuf(t testing.TB, w io.Writer, clients []netip.Addr) {
	for i, a := range clients {
		m := &flowpb.FlowMessage{Type: flowpb.FlowMessage_IPFIX, TimeReceivedNs: 1523836805e9, TimeFlowStartNs: 1523836800e9, TimeFlowEndNs: 1523836801e9, SamplingRate: 1,
			SamplerAddress: a.AsSlice(), Bytes: 1200, Packets: 3, SrcAddr: a.AsSlice(), DstAddr: serverOf(a).AsSlice(), Proto: 17, SrcPort: 40000, DstPort: 1194}
		if i%3 == 2 {
			m.DstAddr = []byte(a.String()) // no address
		}
		if _, err := protodelim.MarshalTo(w, m); err != nil {
			t.Fatal(err)
		}
	}
}

// plantDNSTap writes frames as a resolver does.
func plantDNSTap(t testing.TB, w io.Writer, clients []netip.Addr) {
	out, err := framestream.NewEncoder(w, &framestream.EncoderOptions{ContentType: []byte("protobuf:dnstap.Dnstap")})
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range clients {
		names := spelled(a)
		name := names[i%len(names)] + ".com."
		q := new(dns.Msg)
		q.SetQuestion(name, dns.TypeA)
		wire, err := q.Pack()
		if err != nil {
			t.Fatal(err)
		}
		if i%3 == 2 {
			wire = append([]byte(a.String()), wire...)
		}
		kind, tap, sec, port := dnstap.Message_CLIENT_QUERY, dnstap.Dnstap_MESSAGE, uint64(1523836800), uint32(5000)
		frame, err := proto.Marshal(&dnstap.Dnstap{Type: &tap, Identity: []byte(name), Message: &dnstap.Message{
			Type: &kind, QueryAddress: a.AsSlice(), ResponseAddress: serverOf(a).AsSlice(), QueryPort: &port, QueryTimeSec: &sec, QueryMessage: wire}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(frame); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// plantCapture writes a capture of UDP packets whose payload is the client's address as text.
func plantCapture(t testing.TB, w io.Writer, clients []netip.Addr) {
	le, be := binary.LittleEndian, binary.BigEndian
	head := le.AppendUint32(le.AppendUint32(append(le.AppendUint32(le.AppendUint32(nil, 0xa1b2c3d4), 4<<16|2), make([]byte, 8)...), 262144), 101)
	if _, err := w.Write(head); err != nil {
		t.Fatal(err)
	}
	for _, a := range clients {
		payload := []byte(a.String())
		udp := be.AppendUint16(be.AppendUint16(be.AppendUint16(be.AppendUint16(nil, 40000), 1194), uint16(8+len(payload))), 0)
		udp = append(udp, payload...)
		var packet []byte
		if a.Is4() {
			packet = append(be.AppendUint16([]byte{0x45, 0}, uint16(20+len(udp))), 0, 0, 0, 0, 64, 17, 0, 0)
		} else {
			packet = append(be.AppendUint16([]byte{0x60, 0, 0, 0}, uint16(len(udp))), 17, 64)
		}
		packet = append(append(append(packet, a.AsSlice()...), serverOf(a).AsSlice()...), udp...)
		size := uint32(len(packet))
		if _, err := w.Write(append(le.AppendUint32(le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, 1523836800), 0), size), size), packet...)); err != nil {
			t.Fatal(err)
		}
	}
}

// plantColumns writes canonical rows, whose texts a foreign writer may have put an address into.
func plantColumns(form string) func(testing.TB, io.Writer, []netip.Addr) {
	return func(t testing.TB, w io.Writer, clients []netip.Addr) {
		rec := columnarFlowsNamed(len(clients), func(i int) (exporter, label, source string) {
			names := spelled(clients[i])
			name := names[i%len(names)]
			return name, name, clients[i].String()
		})
		defer rec.Release()
		var out interface {
			Write(arrow.Record) error
			io.Closer
		} = ipc.NewWriter(w, ipc.WithSchema(rec.Schema()))
		if form == "parquet" {
			var err error
			if out, err = pqarrow.NewFileWriter(rec.Schema(), struct{ io.Writer }{w}, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps()); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(out.Write(rec), out.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// plantedFormats writes a file of each format, by its ending.
func plantedFormats() map[string]func(testing.TB, io.Writer, []netip.Addr) {
	formats := map[string]func(testing.TB, io.Writer, []netip.Addr){
		"flows.pb": plantProtobuf, "dns.fstrm": plantDNSTap, "packets.pcap": plantCapture, "rows.parquet": plantColumns("parquet"), "rows.arrow": plantColumns("arrow"),
	}
	for name, lines := range plantedLines {
		formats[name] = plantLines(lines)
	}
	return formats
}

// finder looks for addresses in bytes, by other means than the audit does.
type finder struct {
	known map[netip.Addr]bool
	found map[netip.Addr]string // and as what
	// packed bytes have words of letters and digits by chance: only longer forms are looked for.
	packed bool
}

func newFinder(clients []netip.Addr) *finder {
	f := &finder{known: make(map[netip.Addr]bool, len(clients)), found: map[netip.Addr]string{}}
	for _, a := range clients {
		f.known[a] = true
	}
	return f
}

func (f *finder) check(a netip.Addr, as string) {
	if a = a.Unmap(); f.known[a] {
		f.found[a] = as
	}
}

func (f *finder) number(n uint64, as string) {
	if n == uint64(uint32(n)) {
		raw := [4]byte(binary.BigEndian.AppendUint32(nil, uint32(n)))
		f.check(netip.AddrFrom4(raw), as)
		f.check(netip.AddrFrom4([4]byte{raw[3], raw[2], raw[1], raw[0]}), as+", reversed")
	}
}

func (f *finder) raw(raw []byte, as string) {
	if a, ok := netip.AddrFromSlice(raw); ok {
		f.check(a, as)
	}
}

// look goes through the words of a text, and through its bytes.
func (f *finder) look(text []byte) {
	for at := range text {
		if text[at] == 0x20 && len(text)-at >= 16 && text[at+1] == 0x01 {
			f.raw(text[at:at+16], "bytes")
		}
	}
	for word := range bytes.FieldsFuncSeq(text, func(r rune) bool {
		return !strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:-_", r)
	}) {
		f.word(string(word))
	}
}

func (f *finder) word(word string) {
	if len(word) < 7 {
		return
	}
	if strings.Contains(word, ":") {
		for from := range word {
			for _, to := range []int{len(word), strings.LastIndexAny(word, ".-_")} {
				if to > from {
					if a, err := netip.ParseAddr(word[from:to]); err == nil {
						f.check(a, "text")
					}
				}
			}
			if from > 8 {
				break
			}
		}
	}
	parts := strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune(".-_:", r) })
	for i, part := range parts {
		if !f.packed {
			f.part(part)
		}
		if i+4 <= len(parts) {
			forwards, backwards := strings.Join(parts[i:i+4], "."), strings.Join([]string{parts[i+3], parts[i+2], parts[i+1], parts[i]}, ".")
			for _, text := range []string{forwards, backwards, strings.TrimLeft(forwards, "abcdefghijklmnopqrstuvwxyz")} {
				if a, err := netip.ParseAddr(text); err == nil {
					f.check(a, "four numbers")
				}
			}
		}
		if i+8 <= len(parts) {
			if a, err := netip.ParseAddr(strings.Join(parts[i:i+8], ":")); err == nil {
				f.check(a, "eight groups")
			}
		}
		if i+32 <= len(parts) {
			nibbles := strings.Join(parts[i:i+32], "")
			if raw, err := hex.DecodeString(nibbles); err == nil && len(raw) == 16 {
				for k := range raw {
					raw[k] = raw[k]>>4 | raw[k]<<4
				}
				for k := range 8 {
					raw[k], raw[15-k] = raw[15-k], raw[k]
				}
				f.raw(raw, "nibbles")
			}
		}
	}
}

// part looks at letters and digits without anything between them.
func (f *finder) part(part string) {
	for _, text := range []string{part, strings.TrimLeft(part, "ghijklmnopqrstuvwxyzC"), strings.TrimPrefix(part, "c"), strings.TrimPrefix(part, "C"), strings.TrimPrefix(part, "Cc"), strings.TrimPrefix(part, "0x")} {
		// Eight digits without a letter are a number: the offset of a record, say.
		if len(text) == 32 || len(text) == 8 && strings.ContainsAny(text, "abcdefABCDEF") {
			if raw, err := hex.DecodeString(text); err == nil {
				f.raw(raw, "hexadecimal")
			}
		}
		if len(text) == 7 || len(text) == 26 {
			if raw, err := spellings32.DecodeString(strings.ToUpper(text)); err == nil {
				f.raw(raw, "base32")
			}
		}
		if len(text) == 9 || len(text) == 10 { // shorter ones are offsets of records
			if n, err := strconv.ParseUint(text, 10, 64); err == nil {
				f.number(n, "decimal")
			}
		}
	}
	// A trace of a crash shows words of the processor: of an address the halves.
	if digits, ok := strings.CutPrefix(part, "0x"); ok && len(digits) >= 8 {
		if n, err := strconv.ParseUint(digits, 16, 64); err == nil {
			f.number(n&0xffffffff, "a word of the processor")
		}
	}
}

// plantedNumber is how many addresses are planted: few in CI, as many as asked for else.
func plantedNumber(t *testing.T) int {
	text := os.Getenv("BANSHIFT_PLANTED")
	if text == "" {
		return 3000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("BANSHIFT_PLANTED: %v", err)
	}
	return n
}

// TestPlantedAddressesOfAllFormats plants clients of both families in every format, well and badly formed, and in names
// of files and of hosts, and finds none of them in store, log, rejects, answers, exports and reports, nor after a day
// was forgotten.
func TestPlantedAddressesOfAllFormats(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	withKey(t, filepath.Join(dir, "master.key"))
	networks := write(t, "networks.csv", "prefix,asn,country\n100.64.0.0/10,64500,ru\n2001:db8::/32,64500,ru\n")
	config := write(t, "banshift.yaml", "home: "+plantedHome+"\nnetworks: [{path: "+networks+"}]\n")
	store, in, out := filepath.Join(dir, "store"), filepath.Join(dir, "in"), filepath.Join(dir, "out")
	clients := plantedClients(plantedNumber(t), 13)
	f := newFinder(clients)
	if len(f.known) != len(clients) {
		t.Fatalf("%d of %d addresses differ", len(f.known), len(clients))
	}
	plantAll(t, in, clients)
	if err := filepath.WalkDir(in, func(path string, d fs.DirEntry, err error) error {
		f.look([]byte(filepath.Base(path)))
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		f.look(text)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	// In Parquet and Arrow texts stand without anything between them, so that some are not seen there.
	if share := float64(len(f.found)) / float64(len(clients)); share < 0.88 {
		t.Fatalf("the search finds %d of %d addresses where they were planted", len(f.found), len(clients))
	}
	clear(f.found)

	ran := execute(t, "", "run", "--config", config, "--log-level", "debug", "--store", store, in)
	if ran.code != exitDone && ran.code != exitRejects {
		t.Fatalf("exit code %d: %s", ran.code, ran.errOut)
	}
	t.Log(ran.out)
	places := 0
	look := func(name string, text []byte) {
		t.Helper()
		places++
		f.look(text)
		for a, as := range f.found {
			t.Errorf("%s has %s as %s", name, a, as)
			break
		}
		clear(f.found)
	}
	stored := func() {
		t.Helper()
		opened, err := load.Open(t.Context(), store, load.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		ask := func(what string, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			look(what, text.Bytes())
			text.Reset()
		}
		for table := range schemas.TableSchemas() {
			ask("table "+table, opened.SQL(t.Context(), "SELECT * FROM "+table, &text, load.JSON))
		}
		for _, query := range []string{"rejects", "networks", "services", "dns_interest", "coverage", "batches", "daily_series", "name_resolutions"} {
			ask("query "+query, opened.Query(t.Context(), query, nil, &text, load.JSON))
		}
		if err := opened.Close(); err != nil {
			t.Fatal(err)
		}
		get, end := page(t, "--config", config, "--store", store)
		for _, path := range []string{"/", "/api/places", "/api/overview", "/api/daily?country=ru", "/api/tools?country=ru", "/api/unknown?country=ru", "/api/networks?country=ru", "/api/services?country=ru", "/feed.atom", "/feed.json"} {
			look("the page's "+path, get(path))
		}
		end()
		execute(t, "", "export", "daily_series", "--config", config, "--store", store, "--out", out, "--param", "tool=").must(t)
		for _, root := range []string{store, out} {
			if err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
				f.packed = strings.Contains(path, filepath.Join("store", "engine")) // its rows were looked at as text; directories are named by chance
				defer func() { f.packed = false }()
				look("name of a file", []byte(filepath.Base(path)))
				if err != nil || !d.Type().IsRegular() {
					return err
				}
				text, err := os.ReadFile(path)
				look(path, text)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	look("log", []byte(ran.errOut))
	look("summary", []byte(ran.out))
	stored()
	log := write(t, "run.log", ran.errOut)
	if audit := execute(t, "", "privacy", "audit", "--config", config, "--store", store, "--k", "0", log, out); audit.code != exitDone {
		t.Errorf("audit: exit code %d: %s", audit.code, audit.out)
	}
	execute(t, "", "forget", "--config", config, "--store", store, "--day", "2018-04-16").must(t)
	stored()
	t.Logf("%d addresses, %d places", len(clients), places)
}

// plantAll writes files of all formats; some have an address in their names.
func plantAll(t *testing.T, dir string, clients []netip.Addr) {
	t.Helper()
	formats := plantedFormats()
	share := (len(clients) + len(formats) - 1) / len(formats)
	for name, plant := range formats {
		mine := clients[:min(share, len(clients))]
		clients = clients[len(mine):]
		for i, part := range [][]netip.Addr{mine[:len(mine)/2], mine[len(mine)/2:]} {
			if len(part) == 0 {
				continue
			}
			names := spelled(part[0])
			path := filepath.Join(dir, strings.ReplaceAll(part[0].String(), ":", "-"), names[i%len(names)]+"-"+name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			file, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			plant(t, file, part)
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestCrashShowsNoAddress ends a program that reads by SIGQUIT, at several moments, and looks through what it prints.
func TestCrashShowsNoAddress(t *testing.T) {
	needEngine(t)
	dir := t.TempDir()
	withKey(t, filepath.Join(dir, "master.key"))
	config := write(t, "banshift.yaml", "home: "+plantedHome+"\n")
	clients := plantedClients(200, 7)
	var text bytes.Buffer
	plantLines(plantedLines["goflow2.json"])(t, &text, clients)
	program := filepath.Join(dir, "banshift")
	if built, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, built)
	}
	f := newFinder(clients)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for _, after := range []int{1, 200} {
		store := filepath.Join(dir, fmt.Sprint("store", after))
		command := exec.Command(program, "run", "--config", config, "--store", store, "--format", "goflow2-json", "-")
		in, err := command.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		command.Stdout, command.Stderr = io.Discard, &said
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		for range after {
			if _, err := in.Write(text.Bytes()); err != nil {
				t.Fatal(err)
			}
		}
		wait(ctx, t, "the program's beginning", func() bool { _, err := os.Stat(store); return err == nil })
		time.Sleep(100 * time.Millisecond)
		if err := command.Process.Signal(syscall.SIGQUIT); err != nil {
			t.Fatal(err)
		}
		err = command.Wait()
		if err == nil {
			t.Fatal("it did not crash")
		}
		f.look(said.Bytes())
		for a, as := range f.found {
			t.Errorf("after %d: the crash shows %s as %s", after, a, as)
			break
		}
		// Stacks are there, without the words that calls were given.
		if text := said.String(); !strings.Contains(text, "main.run(…)") || regexp.MustCompile(`\([^)]*0x`).MatchString(text) {
			t.Errorf("after %d: %s", after, text)
		}
		t.Logf("after %d: %v, %d bytes", after, err, said.Len())
	}
}
