package classify

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"sort"

	"github.com/banshift/banshift/schemas"
)

// plan hangs every rule on one cheap observation (its anchor), so that a flow for
// which no anchor speaks is done after a few loads.
type plan struct {
	protocol  [256][]uint16
	seen      schemas.SignatureSet // signatures that are anchors
	of        [schemas.MaxSignatures][]uint16
	traits    schemas.Traits // traits that are anchors
	trait     [32][]uint16
	context   uint32 // bits of context that are anchors
	neighbour [32][]uint16
	server    ports
	client    ports
	firstUp   sizes
	firstDn   sizes
	listAddr  []uint16 // rules on addresses that lists hold
	listName  []uint16
	names     []uint16 // rules whose subject is the owner of the server name
	sensor    []uint16 // rules whose subject is the service of the sensor's label
	asn       lookup32
	ja4       []anchored
	alpn      []anchored
	support   []uint16

	sensorSets  [][]string
	sensorRules [][]uint16 // by set
	sensorSvc   []int16    // by set, -1: of a rule
}

// anchored is a short list of rules behind a text.
type anchored struct {
	text  string
	rules []uint16
}

// ports maps TCP and UDP port numbers to rules.
type ports struct {
	bucket  [2][65536]uint16 // by protocol: TCP, UDP
	buckets [][]uint16
}

// maxSize bounds the table of first sizes.
const maxSize = 2048

// sizes maps a first payload size to rules.
type sizes struct {
	bucket  [maxSize]uint16
	buckets [][]uint16
	any     bool
}

// lookup32 maps network numbers to rules.
type lookup32 struct {
	keys  []uint32 // sorted
	rules [][]uint16
}

func (l *lookup32) find(k uint32) []uint16 {
	if i, ok := slices.BinarySearch(l.keys, k); ok {
		return l.rules[i]
	}
	return nil
}

func (pl *plan) build(c *compiler, rules []Rule) error {
	pl.server.buckets, pl.client.buckets = [][]uint16{nil}, [][]uint16{nil}
	pl.firstUp.buckets, pl.firstDn.buckets = [][]uint16{nil}, [][]uint16{nil}
	pl.sensorSets = c.sensorSets
	pl.sensorRules = make([][]uint16, len(c.sensorSets))
	pl.sensorSvc = make([]int16, len(c.sensorSets))
	for i := range pl.sensorSvc {
		pl.sensorSvc[i] = -1
	}
	for id, s := range c.p.services {
		if len(s.Sensor) > 0 {
			pl.sensorSets = append(pl.sensorSets, s.Sensor)
			pl.sensorRules = append(pl.sensorRules, nil)
			pl.sensorSvc = append(pl.sensorSvc, int16(id))
		}
	}
	for i := range rules {
		if err := pl.hang(c, uint16(i), &rules[i]); err != nil {
			return fmt.Errorf("%s: rule %s: %w", rules[i].file, rules[i].ID, err)
		}
	}
	return nil
}

// hang finds the rarest anchor of a rule.
func (pl *plan) hang(c *compiler, i uint16, src *Rule) error {
	w, r := &src.When, &c.p.rules[i]
	if r.supporting {
		pl.support = append(pl.support, i)
		return nil
	}
	switch {
	case r.subject == subjectNames:
		pl.names = append(pl.names, i)
	case r.subject == subjectSensor:
		pl.sensor = append(pl.sensor, i)
	case w.List != nil && w.List.Name:
		pl.listName = append(pl.listName, i)
	case w.List != nil:
		pl.listAddr = append(pl.listAddr, i)
	case pl.onContext(i, w):
	case pl.onSignatures(i, w, commonSignatures):
	case len(w.Sensor) > 0:
		set := c.ruleSensors[i]
		pl.sensorRules[set] = append(pl.sensorRules[set], i)
	case w.SNI.lists():
		for _, g := range c.ruleGroups[i] {
			c.p.groups[g].rules = append(c.p.groups[g].rules, i)
		}
	case len(w.JA4) > 0:
		pl.ja4 = onText(pl.ja4, w.JA4, i)
	case pl.onProtocol(i, w.Proto):
	case pl.onSizes(i, w):
	case len(w.ServerASN) > 0:
		pl.onASN(i, w.ServerASN)
	case len(w.ServerPort) > 0:
		pl.server.add(w, w.ServerPort, i)
	case len(w.ClientPort) > 0:
		pl.client.add(w, w.ClientPort, i)
	case len(w.AnyPort) > 0:
		pl.server.add(w, w.AnyPort, i)
		pl.client.add(w, w.AnyPort, i)
	case len(w.ALPN) > 0:
		pl.alpn = onText(pl.alpn, w.ALPN, i)
	case pl.onSignatures(i, w, schemas.SignatureSet{}):
	case pl.onTraits(i, w):
	default:
		return errors.New("no condition to hang it on (a signature, context, port, size, name, label, list, network or protocol): it would run on every flow; make it supporting")
	}
	return nil
}

// onContext hangs a rule on one of the bits of context that it needs.
func (pl *plan) onContext(i uint16, w *When) bool {
	all, _ := parseContext(w.Context.All)
	if all == 0 {
		return false
	}
	b := bits.TrailingZeros32(uint32(all))
	pl.context |= 1 << b
	pl.neighbour[b] = append(pl.neighbour[b], i)
	return true
}

// onSignatures hangs a rule on one of the signatures it needs, or on each of those it
// accepts, but on none of those avoided.
func (pl *plan) onSignatures(i uint16, w *When, avoided schemas.SignatureSet) bool {
	all, _ := parseSignatures(w.Signatures.All)
	some, _ := parseSignatures(w.Signatures.Any)
	usable := all.Without(avoided)
	if m, ok := usable.Next(); ok {
		pl.addSignatures(i, schemas.SignaturesOf(m))
		return true
	}
	if !some.Empty() && !some.HasAny(avoided) {
		pl.addSignatures(i, some)
		return true
	}
	return false
}

func (pl *plan) addSignatures(i uint16, set schemas.SignatureSet) {
	pl.seen = pl.seen.With(set)
	for m, ok := set.Next(); ok; m, ok = set.Next() {
		pl.of[m] = append(pl.of[m], i)
	}
}

// onTraits hangs a rule on one of the traits it needs, or on each of those it accepts.
func (pl *plan) onTraits(i uint16, w *When) bool {
	all, _ := parseTraits(w.Traits.All)
	some, _ := parseTraits(w.Traits.Any)
	on := some
	if all != 0 {
		on = all & -all
	}
	pl.traits |= on
	for set := uint32(on); set != 0; set &= set - 1 {
		b := bits.TrailingZeros32(set)
		pl.trait[b] = append(pl.trait[b], i)
	}
	return on != 0
}

func onText(list []anchored, texts []string, i uint16) []anchored {
	for _, t := range texts {
		at, found := sort.Find(len(list), func(k int) int {
			switch {
			case t < list[k].text:
				return -1
			case t > list[k].text:
				return 1
			}
			return 0
		})
		if !found {
			list = slices.Insert(list, at, anchored{text: t})
		}
		list[at].rules = append(list[at].rules, i)
	}
	return list
}

// onProtocol hangs a rule on IP protocols other than TCP and UDP.
func (pl *plan) onProtocol(i uint16, names []string) bool {
	if len(names) == 0 || slices.Contains(names, "tcp") || slices.Contains(names, "udp") {
		return false
	}
	for _, s := range names {
		n, err := parseProtocol(s)
		if err != nil || n == protoTCP || n == protoUDP {
			return false
		}
		pl.protocol[n] = append(pl.protocol[n], i)
	}
	return true
}

// narrow is how many sizes a rule may accept to be hung on them.
const narrow = 64

func (pl *plan) onSizes(i uint16, w *When) bool {
	up, down := w.FirstUp, w.FirstDown
	if len(w.Sizes) > 0 {
		if first := w.Sizes[0]; first.Min > 0 {
			up = []Range{first}
		} else if first.Max < 0 {
			down = []Range{{-first.Max, -first.Min}}
		}
	}
	switch {
	case pl.firstUp.add(up, i), pl.firstDn.add(down, i):
		return true
	}
	return false
}

func (s *sizes) add(want []Range, i uint16) bool {
	total := int64(0)
	for _, r := range want {
		if r.Min < 0 || r.Max >= maxSize {
			return false
		}
		total += int64(r.Max-r.Min) + 1
	}
	if total == 0 || total > narrow {
		return false
	}
	s.any = true
	for _, r := range want {
		for n := r.Min; n <= r.Max; n++ {
			s.bucket[n] = addTo(&s.buckets, s.bucket[n], i)
		}
	}
	return true
}

func (p *ports) add(w *When, want []Range, i uint16) {
	for proto, name := range []string{"tcp", "udp"} {
		if len(w.Proto) > 0 && !slices.Contains(w.Proto, name) {
			continue
		}
		for _, r := range want {
			for n := r.Min; n <= r.Max; n++ {
				p.bucket[proto][n] = addTo(&p.buckets, p.bucket[proto][n], i)
			}
		}
	}
}

// addTo gives the number of the bucket that holds what bucket b holds and rule i.
func addTo(buckets *[][]uint16, b, i uint16) uint16 {
	old := (*buckets)[b]
	if slices.Contains(old, i) {
		return b
	}
	want := append(slices.Clone(old), i)
	for k, have := range *buckets {
		if slices.Equal(have, want) {
			return uint16(k)
		}
	}
	*buckets = append(*buckets, want)
	return uint16(len(*buckets) - 1)
}

func (pl *plan) onASN(i uint16, asns []uint32) {
	for _, asn := range asns {
		at, found := slices.BinarySearch(pl.asn.keys, asn)
		if !found {
			pl.asn.keys = slices.Insert(pl.asn.keys, at, asn)
			pl.asn.rules = slices.Insert(pl.asn.rules, at, nil)
		}
		pl.asn.rules[at] = append(pl.asn.rules[at], i)
	}
}

// label works out which pattern sets a sensor's label matches.
func (pl *plan) label(text string) *sensorLabel {
	l := &sensorLabel{sets: make([]bool, len(pl.sensorSets))}
	for set, patterns := range pl.sensorSets {
		for _, p := range patterns {
			if globMatch(p, text) {
				l.sets[set] = true
				l.rules = append(l.rules, pl.sensorRules[set]...)
				if s := pl.sensorSvc[set]; s >= 0 {
					l.services = append(l.services, s)
				}
				break
			}
		}
	}
	if len(l.services) > 0 {
		l.rules = append(l.rules, pl.sensor...)
	}
	return l
}
