package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// BenchmarkWorkers compares "banshift run" on two workers with itself on one, in turns, on what
// one decoder reads from the beginning to the end: a log of Zeek and a capture. Run it by "make bench".
func BenchmarkWorkers(b *testing.B) {
	for _, kind := range []struct {
		file  string
		write func(to *bufio.Writer, random *rand.Rand)
	}{{"conn.log", writeConnLog}, {"flows.pcap", writeCapture}} {
		b.Run(kind.file, func(b *testing.B) {
			program := os.Getenv("BANSHIFT_PROGRAM")
			if program == "" {
				b.Skip("BANSHIFT_PROGRAM is not set; run make bench")
			}
			dir := b.TempDir()
			file := filepath.Join(dir, kind.file)
			writeBuffered(b, file, func(to *bufio.Writer) { kind.write(to, rand.New(rand.NewPCG(1, 2))) })
			b.Setenv("BANSHIFT_PRIVACY_KEY_FILE", filepath.Join(dir, "master.key"))
			seconds, cores := map[int][]float64{}, map[int][]float64{}
			for b.Loop() {
				for range benchRuns {
					for _, workers := range []int{1, 2} {
						b.Setenv("BANSHIFT_INGEST_WORKERS", strconv.Itoa(workers))
						store := filepath.Join(dir, fmt.Sprintf("store-%d-%d", workers, len(seconds[workers])))
						measure(b, program, "migrate", "--store", store)
						t := measure(b, program, "run", "--store", store, file)
						seconds[workers] = append(seconds[workers], t.seconds)
						cores[workers] = append(cores[workers], t.cpu.Seconds()/t.seconds)
					}
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(middle(seconds[1])/middle(seconds[2]), "ratio")
			b.Logf("one worker %.2f s with %.2f cores busy, two %.2f s with %.2f", middle(seconds[1]), middle(cores[1]), middle(seconds[2]), middle(cores[2]))
			goal(b, "times as fast on two workers as on one", middle(seconds[1])/middle(seconds[2]), 1.7)
		})
	}
}

func writeBuffered(b *testing.B, path string, write func(*bufio.Writer)) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	to := bufio.NewWriterSize(f, 1<<20)
	write(to)
	if err := to.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// benchStart is when the records begin, in seconds of Unix time: 16 April 2018.
const benchStart = 1523836800

// writeConnLog writes a million connections as Zeek does.
func writeConnLog(to *bufio.Writer, random *rand.Rand) {
	to.WriteString("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n")
	to.WriteString("#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n")
	to.WriteString("#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tcount\tstring\tcount\tcount\tcount\tcount\n")
	for i := range 1_000_000 {
		up, down := 100+random.IntN(5000), 100+random.IntN(90_000)
		fmt.Fprintf(to, "%d.%06d\tC%dx\t10.%d.%d.%d\t%d\t%d.%d.%d.7\t%d\ttcp\tssl\t%.6f\t%d\t%d\tSF\t0\tShADadFf\t%d\t%d\t%d\t%d\n",
			benchStart+i/200, random.IntN(1_000_000), i, random.IntN(4), random.IntN(256), 1+random.IntN(254), 20_000+random.IntN(40_000),
			11+random.IntN(200), random.IntN(256), random.IntN(256), []int{443, 443, 443, 1194, 80, 22}[random.IntN(6)],
			random.Float64()*60, up, down, up/900+3, up+200, down/1200+3, down+300)
	}
}

// writeCapture writes two million packets of UDP, four a flow, as tcpdump does.
func writeCapture(to *bufio.Writer, random *rand.Rand) {
	little := binary.LittleEndian
	header := make([]byte, 24)
	little.PutUint32(header, 0xa1b2c3d4)
	little.PutUint16(header[4:], 2)
	little.PutUint16(header[6:], 4)
	little.PutUint32(header[16:], 65535)
	little.PutUint32(header[20:], 1) // Ethernet
	to.Write(header)
	const payload = 400
	packet := make([]byte, 16+14+20+8+payload)
	for flow := range 500_000 {
		client := [4]byte{10, byte(random.IntN(4)), byte(random.IntN(256)), byte(1 + random.IntN(254))}
		server := [4]byte{byte(11 + random.IntN(200)), byte(random.IntN(256)), byte(random.IntN(256)), 7}
		clientPort, serverPort := uint16(20_000+random.IntN(40_000)), []uint16{443, 1194, 51820, 4500}[random.IntN(4)]
		for n := range 4 {
			from, at, source, target := client, server, clientPort, serverPort
			if n%2 == 1 {
				from, at, source, target = server, client, serverPort, clientPort
			}
			little.PutUint32(packet, uint32(benchStart+flow/100))
			little.PutUint32(packet[4:], uint32(n*1000))
			little.PutUint32(packet[8:], uint32(len(packet)-16))
			little.PutUint32(packet[12:], uint32(len(packet)-16))
			frame := packet[16:]
			binary.BigEndian.PutUint16(frame[12:], 0x0800)
			ip := frame[14:]
			ip[0], ip[8], ip[9] = 0x45, 64, 17
			binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
			copy(ip[12:], from[:])
			copy(ip[16:], at[:])
			udp := ip[20:]
			binary.BigEndian.PutUint16(udp, source)
			binary.BigEndian.PutUint16(udp[2:], target)
			binary.BigEndian.PutUint16(udp[4:], uint16(len(udp)))
			for i := 8; i < len(udp); i += 8 {
				binary.BigEndian.PutUint64(udp[i:], random.Uint64())
			}
			to.Write(packet)
		}
	}
}
