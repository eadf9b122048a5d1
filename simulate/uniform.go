package simulate

import (
	"fmt"
	"net/netip"
	"strconv"
)

// SetRecords changes how many records a throughput scenario gives.
func (s *Scenario) SetRecords(n int) error {
	if s.Uniform == nil {
		return fmt.Errorf("scenario %s has no fixed number of records: use its scale", s.Name)
	}
	if n <= 0 {
		return fmt.Errorf("%d records: want a positive number", n)
	}
	mix := *s.Uniform
	mix.Records = n
	s.Uniform = &mix
	return nil
}

// uniform gives the records of a throughput scenario: one-way records spread evenly over
// the scenario's day, every second one the other direction of the one before. Addresses
// are kept as text and times grow digit by digit in order, because the clock of a
// benchmark should not be spent here.
func (g *Generator) uniform(yield func(line []byte) error) error {
	u := g.scenario.Uniform
	r := stream(g.seed, keyUniform)
	clients, servers := textAddresses(&r, u.Clients, uniformClient), textAddresses(&r, u.Servers, g.uniformServer)
	shares := make([]float64, len(u.Mix))
	for i, m := range u.Mix {
		shares[i] = m.Share
	}
	kinds := alias(&r, cumulate(shares))
	start := g.scenario.Start.UnixMilli()
	var (
		line                 []byte
		client, server, kind int
		clientPort           int
		packets, size        int
	)
	for i := range u.Records {
		x := r.next()
		down := i%2 == 1
		if !down {
			client, server = int(x>>32*uint64(len(clients))>>32), int(x&0xffffffff*uint64(len(servers))>>32)
			x = r.next()
			kind = int(kinds[x&(aliasSize-1)])
			clientPort = 32768 + int(x>>16&0x7fff)
			packets, size = 1+int(x>>32&0x3f), 60+int(x>>40&0x3ff)
		}
		m := &u.Mix[kind]
		end := start + int64(i)*dayMS/int64(u.Records)
		line = append(line[:0], `{"type":"IPFIX","time_received_ns":`...)
		line = appendMSAsNS(line, end+700)
		line = append(line, `,"sequence_num":`...)
		line = strconv.AppendInt(line, int64(i), 10)
		line = append(line, `,"sampling_rate":1,"sampler_address":"198.18.0.1","time_flow_start_ns":`...)
		line = appendMSAsNS(line, end-int64(packets)*37)
		line = append(line, `,"time_flow_end_ns":`...)
		line = appendMSAsNS(line, end)
		line = append(line, `,"bytes":`...)
		line = strconv.AppendInt(line, int64(packets*size), 10)
		line = append(line, `,"packets":`...)
		line = strconv.AppendInt(line, int64(packets), 10)
		src, dst, srcPort, dstPort, in, out := clients[client], servers[server], clientPort, m.Port, byte('2'), byte('1')
		number := protocolNumber[m.Protocol]
		if number == esp {
			srcPort = 0
		}
		if down {
			src, dst, srcPort, dstPort, in, out = dst, src, dstPort, srcPort, '1', '2'
		}
		line = append(line, `,"src_addr":"`...)
		line = append(line, src...)
		line = append(line, `","dst_addr":"`...)
		line = append(line, dst...)
		line = append(line, `","etype":"IPv4","proto":"`...)
		line = append(line, protocolName(number)...)
		line = append(line, `","src_port":`...)
		line = strconv.AppendInt(line, int64(srcPort), 10)
		line = append(line, `,"dst_port":`...)
		line = strconv.AppendInt(line, int64(dstPort), 10)
		line = append(line, `,"in_if":`...)
		line = append(line, in)
		line = append(line, `,"out_if":`...)
		line = append(line, out)
		line = append(line, `,"tcp_flags":`...)
		if number == tcp {
			line = append(line, `27`...)
		} else {
			line = append(line, '0')
		}
		line = append(line, ",\"simulated\":true}\n"...)
		if err := yield(line); err != nil {
			return err
		}
	}
	return nil
}

// aliasSize is the number of equally likely slots that shares are rounded to.
const aliasSize = 1 << 10

// alias spreads shares over equally likely slots.
func alias(r *random, cumulative []float64) []uint8 {
	slots := make([]uint8, aliasSize)
	for i := range slots {
		u := (float64(i) + r.float()) / aliasSize
		for slots[i] = 0; cumulative[slots[i]] <= u && int(slots[i]) < len(cumulative)-1; slots[i]++ {
		}
	}
	return slots
}

func textAddresses(r *random, n int, draw func(*random) netip.Addr) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = draw(r).String()
	}
	return texts
}

// uniformClient is in 100.64.0.0/10 (RFC 6598).
func uniformClient(r *random) netip.Addr {
	return fromUint32(100<<24 | 64<<16 | uint32(r.intn(1<<22)))
}

// uniformServer is in 240.0.0.0/4 (RFC 1112), without 255.
func (g *Generator) uniformServer(r *random) netip.Addr {
	return fromUint32(240<<24 + uint32(r.next()>>32)%(15<<24))
}
