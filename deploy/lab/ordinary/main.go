// Command ordinary writes captures of traffic that is nobody's tool, made by the documents
// of its protocols, after each of what networks and sensors do to traffic, with labels for
// "banshift evaluate".
package main

import (
	"encoding/binary"
	"encoding/csv"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/banshift/banshift/transform/classify/evaluate/ordinary"
)

func main() {
	seed := flag.Uint64("seed", 1, "another seed gives other ids, ports and contents")
	out := flag.String("out", "out/ordinary", "folder to write to")
	only := flag.String("transform", "", "only this transform, as \"as sent\" (default: all)")
	flag.Parse()
	if err := write(*seed, *only, *out); err != nil {
		log.Fatal(err)
	}
}

// write makes one capture for each kind and transform, or for each kind and one transform, and labels.csv.
func write(seed uint64, only, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	f, err := os.Create(filepath.Join(dir, "labels.csv"))
	if err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	defer f.Close()
	labels := csv.NewWriter(f)
	rows := [][]string{{"capture", "proto", "src_ip", "src_port", "dst_ip", "dst_port", "tool", "category", "trusted"}}
	for _, t := range ordinary.Transforms() {
		if only != "" && t.Name != only {
			continue
		}
		for _, c := range ordinary.Corpus(seed) {
			packets := t.Apply(c.Packets, rand.New(rand.NewPCG(seed, 1)))
			name := strings.NewReplacer(" ", "-", ",", "", ".", "_", "'", "").Replace(c.Name+"--"+t.Name) + ".pcap"
			if err := os.WriteFile(filepath.Join(dir, name), ordinary.Pcap(packets), 0o644); err != nil {
				return fmt.Errorf("capture %s: %w", name, err)
			}
			rows = append(rows, labelsOf(name, packets)...)
		}
	}
	if len(rows) == 1 {
		return fmt.Errorf("there is no transform %q", only)
	}
	if err := labels.WriteAll(rows); err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	return nil
}

// labelsOf gives a row for each flow of a capture.
func labelsOf(name string, packets []ordinary.Packet) (rows [][]string) {
	seen := map[[2]netip.AddrPort]bool{}
	for _, p := range packets {
		src, dst := endsOf(p.IP)
		if !p.Up {
			src, dst = dst, src
		}
		if k := [2]netip.AddrPort{src, dst}; !seen[k] {
			seen[k] = true
			proto := map[byte]string{6: "tcp", 17: "udp"}[p.IP[9]]
			if proto == "" {
				proto = "other"
			}
			rows = append(rows, []string{name, proto, src.Addr().String(), strconv.Itoa(int(src.Port())), dst.Addr().String(), strconv.Itoa(int(dst.Port())), "none", "none", "1"})
		}
	}
	return rows
}

// endsOf reads the ends of an IPv4 packet without options.
func endsOf(ip []byte) (src, dst netip.AddrPort) {
	var ports [2]uint16
	if ip[9] == 6 || ip[9] == 17 {
		ports = [2]uint16{binary.BigEndian.Uint16(ip[20:]), binary.BigEndian.Uint16(ip[22:])}
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[12:16])), ports[0]), netip.AddrPortFrom(netip.AddrFrom4([4]byte(ip[16:20])), ports[1])
}
