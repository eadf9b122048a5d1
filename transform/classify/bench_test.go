package classify

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/enrich"
)

// ordinary makes flows as a network of an operator has them: mostly web over TCP and
// QUIC with server names, DNS, some of everything else, one in a hundred a tunnel.
// Sizes are known, as from a meter.
func ordinary(n int) arrow.Record {
	rng := rand.New(rand.NewPCG(11, 12))
	sites := []string{"www.example.org", "cdn.example.net", "api.shop.example.com", "static.news.example", "mail.example.co.uk", "www.youtube.com", "edge.video.example.tv"}
	// Few servers have most of the traffic (Zipf): 200,000 servers, exponent 1.1.
	servers := make([]netip.Addr, 200_000)
	for i := range servers {
		servers[i] = netip.AddrFrom4([4]byte{byte(1 + rng.IntN(222)), byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256))})
	}
	popular := rand.NewZipf(rng, 1.1, 1, uint64(len(servers)-1))
	b := schemas.NewFlowBuilder(memory.DefaultAllocator, n)
	defer b.Release()
	for i := range n {
		f := slowFlow{proto: 6, server: 443, lengths: "l4_payload", sizes: []int{517, -1400, 80, -300, 0, 0, 0, 0}}
		bits := schemas.SignaturesOf(schemas.SigTLS, schemas.SigTLSServer)
		f.sni, f.alpn, f.ja4 = pick(rng, sites), "h2,http/1.1", "t13d1516h2_8daaf6152771_e5627efa2ab1"
		switch k := rng.IntN(100); {
		case k < 25:
			f.proto, f.sizes, bits, f.alpn, f.ja4 = 17, []int{1250, -1250, 90, -60, 0, 0, 0, 0}, schemas.SignaturesOf(schemas.SigQUIC), "h3", "q13d0310h3_55b375c5d22e_cd85d2d88918"
		case k < 45:
			f.proto, f.server, f.sizes, bits, f.sni, f.alpn, f.ja4 = 17, 53, []int{40, -90, 0, 0, 0, 0, 0, 0}, schemas.SignaturesOf(schemas.SigDNS), "", "", ""
		case k < 55:
			f.server, f.sni, f.alpn, f.ja4, bits = uint16(1024+rng.IntN(60000)), "", "", "", schemas.SignatureSet{}
		case k < 56:
			f.proto, f.server, f.sni, f.alpn, f.ja4 = 17, 51820, "", "", ""
			f.sizes, bits = []int{148, -92, 32, 96, -96, 0, 0, 0}, schemas.SignaturesOf(schemas.SigWireGuardInit, schemas.SigWireGuardResponse)
		}
		addr := servers[popular.Uint64()]
		b.Start.Append(exampleDay.UnixMilli())
		b.End.Append(exampleDay.UnixMilli() + 5000)
		b.Client.Append(uint64(i))
		b.ClientPort.Append(uint16(32768 + rng.IntN(28000)))
		b.ClientCountry.AppendString("ru")
		b.ClientASN.Append(64500)
		b.Server.Append(addr.As16())
		b.ServerPort.Append(f.server)
		b.Protocol.Append(f.proto)
		b.BytesUp.Append(4000)
		b.BytesDown.Append(90000)
		b.PacketsUp.Append(20)
		b.PacketsDown.Append(70)
		b.TCPFlags.Append(0x1b)
		b.SamplingRate.Append(1)
		b.SNI.AppendString(f.sni)
		b.ALPN.AppendString(f.alpn)
		b.JA4.AppendString(f.ja4)
		var sizes [schemas.MaxFirstSizes]int16
		for k, s := range f.sizes {
			sizes[k] = int16(s)
		}
		b.FirstSizes.Append(sizes)
		b.LenSemantics.Append(uint8(schemas.LenL4Payload))
		b.AppendSeen(i, bits, 0)
		b.SensorLabel.AppendString("")
		b.SensorConfidence.Append(0)
		b.Exporter.AppendString("")
		b.Source.AppendString("")
		b.Partition.Append(0)
		b.Offset.Append(int64(i))
		b.Orientation.Append(0)
		b.Records.Append(1)
		b.Simulated.Append(false)
	}
	return b.Record()
}

// benchLists are prefixes as many as public lists have, and networks as many as a
// country's routing table.
func benchLists(b *testing.B) *enrich.Enricher {
	b.Helper()
	rng := rand.New(rand.NewPCG(13, 14))
	var prefixes, networks []byte
	networks = append(networks, "prefix,asn,country\n"...)
	for i := range 60000 {
		addr := netip.AddrFrom4([4]byte{byte(1 + rng.IntN(222)), byte(rng.IntN(256)), byte(rng.IntN(256)), 0})
		prefixes = append(addr.AppendTo(prefixes), "/24\n"...)
		if i < 200000 {
			networks = append(addr.AppendTo(networks), "/20,64500,de\n"...)
		}
	}
	path := b.TempDir() + "/networks.csv"
	if err := os.WriteFile(path, networks, 0o600); err != nil {
		b.Fatal(err)
	}
	e, err := enrich.New(enrich.Config{
		Lists:    []enrich.ListSource{{Name: "bench", Data: prefixes, Format: enrich.FormatPrefixes, Kind: enrich.KindDatacentre, AsOf: exampleDay}},
		Networks: []enrich.NetworkSource{{Path: path}},
		ReadFile: os.ReadFile,
	})
	if err != nil {
		b.Fatal(err)
	}
	return e
}

// BenchmarkEnrichAndClassify runs both stages over 1,000,000 flows in batches of
// 65,536, looking up each server in 60,000 listed prefixes and as many networks.
func BenchmarkEnrichAndClassify(b *testing.B) {
	const rows, size = 1_000_000, 65536
	e := benchLists(b)
	p := loadDefault(b)
	c, err := New(p, Options{Lists: e.Lists()})
	if err != nil {
		b.Fatal(err)
	}
	rec := ordinary(rows)
	defer rec.Release()
	ctx := context.Background()
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		for at := int64(0); at < rows; at += size {
			part := rec.NewSlice(at, min(at+size, rows))
			enriched, err := e.Apply(ctx, part)
			if err != nil {
				b.Fatal(err)
			}
			out, err := c.Apply(ctx, enriched)
			if err != nil {
				b.Fatal(err)
			}
			out.Release()
			enriched.Release()
			part.Release()
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "flows/s")
	b.ReportMetric(float64(rows)*float64(b.N)/(cpuTime(b)-before).Seconds(), "flows/cpu-s")
}

// cpuTime is what the process used so far: on a busy machine the clock on the wall
// says more about the neighbours.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
