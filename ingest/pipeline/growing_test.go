package pipeline

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	dnstap "github.com/dnstap/golang-dnstap"
	framestream "github.com/farsightsec/golang-framestream"
	"github.com/miekg/dns"
	flowpb "github.com/netsampler/goflow2/v2/pb"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/proto"

	"github.com/banshift/banshift/ingest/files"
	"github.com/banshift/banshift/schemas"
)

// grownStreams are formats whose records are numbered, as they are after each of three writes
// of some records, and the records that are there then.
var grownStreams = map[string]func(t *testing.T, records ...int) [][]byte{
	"flows.pb": func(t *testing.T, records ...int) (states [][]byte) {
		var file bytes.Buffer
		n := 0
		for _, more := range records {
			for range more {
				m := &flowpb.FlowMessage{Type: flowpb.FlowMessage_IPFIX, TimeReceivedNs: uint64(epoch) * 1e6, TimeFlowStartNs: uint64(epoch) * 1e6, SamplingRate: 1, Bytes: 100, Packets: 1,
					SrcAddr: []byte{198, 18, byte(n >> 8), byte(n)}, DstAddr: []byte{192, 0, 2, 1}, Etype: 0x800, Proto: 17, SrcPort: uint32(1024 + n), DstPort: 1194}
				if _, err := protodelim.MarshalTo(&file, m); err != nil {
					t.Fatal(err)
				}
				n++
			}
			states = append(states, bytes.Clone(file.Bytes()))
		}
		return states
	},
	"dns.fstrm": func(t *testing.T, records ...int) (states [][]byte) {
		var file bytes.Buffer
		enc, err := framestream.NewEncoder(&file, &framestream.EncoderOptions{ContentType: []byte("protobuf:dnstap.Dnstap")})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, more := range records {
			for range more {
				q := new(dns.Msg)
				q.SetQuestion(fmt.Sprintf("n%d.example.org.", n), dns.TypeA)
				wire, err := q.Pack()
				if err != nil {
					t.Fatal(err)
				}
				sec, nsec, port := uint64(epoch/1000), uint32(n), uint32(1024+n)
				kind, message := dnstap.Message_CLIENT_QUERY, dnstap.Dnstap_MESSAGE
				frame, err := proto.Marshal(&dnstap.Dnstap{Type: &message, Message: &dnstap.Message{Type: &kind,
					QueryAddress: []byte{198, 18, byte(n >> 8), byte(n)}, QueryPort: &port, QueryTimeSec: &sec, QueryTimeNsec: &nsec, QueryMessage: wire}})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := enc.Write(frame); err != nil {
					t.Fatal(err)
				}
				n++
			}
			if err := enc.Flush(); err != nil {
				t.Fatal(err)
			}
			states = append(states, bytes.Clone(file.Bytes()))
		}
		return states
	},
	"flows.arrows": func(t *testing.T, records ...int) (states [][]byte) {
		var file bytes.Buffer
		b := schemas.NewFlowBuilder(memory.DefaultAllocator, 1)
		defer b.Release()
		var w *ipc.Writer
		for _, more := range records {
			for i := range more {
				fillCanonical(b, i)
			}
			rec := b.Record()
			if w == nil {
				w = ipc.NewWriter(&file, ipc.WithSchema(rec.Schema()))
			}
			if err := w.Write(rec); err != nil {
				t.Fatal(err)
			}
			rec.Release()
			states = append(states, bytes.Clone(file.Bytes()))
		}
		return states
	},
	"packets.pcap": func(_ *testing.T, records ...int) (states [][]byte) {
		le := binary.LittleEndian
		file := le.AppendUint32(nil, 0xa1b2c3d4)
		for _, v := range []uint32{2 | 4<<16, 0, 0, 65535, 101} { // raw IP
			file = le.AppendUint32(file, v)
		}
		n := 0
		for _, more := range records {
			for range more {
				udp := []byte{byte((1024 + n) >> 8), byte(1024 + n), 0x04, 0xaa, 0, 12, 0, 0, 1, 2, 3, 4}
				ip := append([]byte{0x45, 0, 0, byte(20 + len(udp)), 0, 0, 0, 0, 64, 17, 0, 0, 198, 18, byte(n >> 8), byte(n), 192, 0, 2, 1}, udp...)
				for _, v := range []uint32{uint32(epoch/1000 + int64(n)), 0, uint32(len(ip)), uint32(len(ip))} {
					file = le.AppendUint32(file, v)
				}
				file = append(file, ip...)
				n++
			}
			states = append(states, bytes.Clone(file))
		}
		return states
	},
}

// fillCanonical adds a row of the canonical schema.
func fillCanonical(b *schemas.FlowBuilder, i int) {
	b.Start.Append(epoch + int64(i))
	b.End.Append(epoch + int64(i) + 5)
	b.Client.Append(uint64(i+1) * 0x9e3779b97f4a7c15)
	b.ClientPort.Append(40000)
	b.ClientCountry.Append([]byte("ru"))
	b.ClientASN.Append(64500)
	b.Server.Append([16]byte{10: 0xff, 0xff, 192, 0, 2, byte(i)})
	b.ServerPort.Append(1194)
	b.Protocol.Append(17)
	b.BytesUp.Append(100)
	b.BytesDown.Append(200)
	b.PacketsUp.Append(1)
	b.PacketsDown.Append(2)
	b.TCPFlags.Append(0)
	b.SamplingRate.Append(1)
	b.LenSemantics.Append(0)
	b.Exporter.Append([]byte("e"))
	b.Source.Append([]byte("s"))
	b.Partition.Append(0)
	b.Offset.Append(int64(i))
	b.Orientation.Append(0)
	b.Records.Append(1)
	b.Simulated.Append(false)
}

// growth is how a file comes to have more: what it is called then, and what becomes of its
// bytes before its last state.
var growth = map[string]struct {
	records []int
	name    func(name string, state int) string
	written func(t *testing.T, content []byte, last bool) []byte
}{
	"whole records": {[]int{70, 30, 1, 120}, sameName, func(_ *testing.T, content []byte, _ bool) []byte { return content }},
	"cut":           {[]int{70, 30, 1, 120}, sameName, cutBy(7)},
	"cut far back":  {[]int{70, 30, 20, 120}, sameName, cutBy(70)},
	"renamed": {[]int{1500, 100, 1, 900}, func(name string, state int) string { return fmt.Sprintf("%s.%d", name, state) },
		func(_ *testing.T, content []byte, _ bool) []byte { return content }},
	"renamed and cut": {[]int{1500, 100, 1, 900}, func(name string, state int) string { return fmt.Sprintf("%s.%d", name, state) }, cutBy(5)},
	"compressed": {[]int{70, 30, 1, 120}, func(name string, _ int) string { return name + ".gz" },
		func(t *testing.T, content []byte, _ bool) []byte { return gzipped(t, content) }},
	"compressed meanwhile": {[]int{700, 30, 1, 120}, func(name string, _ int) string { return name + ".gz" },
		func(t *testing.T, content []byte, last bool) []byte { return cutBy(300)(t, gzipped(t, content), last) }},
}

func sameName(name string, _ int) string { return name }

// cutBy leaves some bytes out at the end of all states but the last.
func cutBy(bytes int) func(*testing.T, []byte, bool) []byte {
	return func(_ *testing.T, content []byte, last bool) []byte {
		if last {
			return content
		}
		return content[:len(content)-bytes]
	}
}

// TestFilesThatGrow reads files while they grow, and stop between records or inside of one:
// every record once.
func TestFilesThatGrow(t *testing.T) {
	formats := maps.Clone(grownStreams)
	for name, text := range logs {
		formats[name] = func(_ *testing.T, records ...int) (states [][]byte) {
			n := 0
			for _, more := range records {
				n += more
				states = append(states, []byte(text(n)))
			}
			return states
		}
	}
	for name, states := range formats {
		for what, how := range growth {
			t.Run(name+" "+what, func(t *testing.T) {
				dir, store := t.TempDir(), newLedgers()
				all := states(t, how.records...)
				path, good, total, want := "", int64(0), int64(0), int64(0)
				for i, content := range all {
					want += int64(how.records[i])
					if path != "" {
						os.Remove(path)
					}
					path = filepath.Join(dir, how.name(name, i))
					if err := os.WriteFile(path, how.written(t, content, i == len(all)-1), 0o600); err != nil {
						t.Fatal(err)
					}
					for range 2 {
						good, _ = store.accounts(t, path)
						total += good
					}
					if good != 0 {
						t.Errorf("state %d: a second run finds %d records", i, good)
					}
				}
				if total != want {
					t.Errorf("%d records, want %d", total, want)
				}
			})
		}
	}
}

// compressing is a store in whose first lease a log is compressed under its reader.
type compressing struct {
	*ledgers
	once sync.Once
	t    *testing.T
	path string
}

func (c *compressing) Lease(context.Context, string, int32) error {
	c.once.Do(func() {
		content, err := os.ReadFile(c.path)
		if err == nil {
			err = os.WriteFile(c.path+".gz", gzipped(c.t, content), 0o600)
		}
		if err == nil {
			err = os.Remove(c.path)
		}
		if err != nil {
			c.t.Error(err)
		}
	})
	return nil
}

// TestLogGoesWhileItIsOpened has a followed log be compressed between its opening and its
// reading: following goes on, and finds every record.
func TestLogGoesWhileItIsOpened(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "conn.log")
	if err := os.WriteFile(path, []byte(logs["conn.log"](80)), 0o600); err != nil {
		t.Fatal(err)
	}
	store := &compressing{ledgers: newLedgers(), t: t, path: path}
	p, err := New(options(t, store, memory.DefaultAllocator))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- p.Follow(ctx, func() ([]files.File, error) { return files.Find([]string{dir}) }, FileOptions{})
	}()
	for p.Stats().In.Load() < 80 && ctx.Err() == nil {
		select {
		case err := <-ended:
			t.Fatalf("following ended: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	stop()
	<-ended
	if n := p.Stats().In.Load(); n != 80 {
		t.Errorf("%d records, want 80", n)
	}
}
