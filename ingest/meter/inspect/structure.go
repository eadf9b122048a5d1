package inspect

import (
	"bytes"
	"math/bits"

	"github.com/banshift/banshift/schemas"
)

// How much of a flow its structure is computed from.
const (
	structurePayloads = 8
	structureBytes    = 512
)

// Thresholds of structure. Random bytes reach none of them with more than 2^-40 a payload.
const (
	minRun      = 8  // bytes in a row that stay, or step by the same
	minPeriodic = 48 // bytes of a payload that repeats itself
	maxPeriod   = 32
	minText     = 32 // bytes looked at before text is spoken of
)

// structure is what the first payloads of a flow are made of, whatever they carry. It is
// computed once, before the detectors, so that each of them can ask that bytes be random
// where its protocol makes them so, and that what repeats is no retransmission.
type structure struct {
	repeated bool // two payloads of one direction are the same
	text     bool // three of four bytes are printable
	constant bool // a payload has a run of one byte
	counting bool // a payload has a run that counts
	periodic bool // a payload repeats itself
	lone     bool // one payload, sent once or again, and none came back
	once     bool // one payload, sent once, and none came back
}

// structureOf looks at the first payloads.
func structureOf(payloads []Payload) (s structure) {
	seen, printed := 0, 0
	first := payloads[:min(len(payloads), structurePayloads)]
	for i := range first {
		p := &first[i]
		b := p.Data[:min(len(p.Data), structureBytes)]
		seen += len(b)
		printed += countText(b)
		constant, counting := runs(b)
		s.constant, s.counting = s.constant || constant, s.counting || counting
		s.periodic = s.periodic || isPeriodic(b)
		s.repeated = s.repeated || repeats(first[:i], p)
	}
	s.lone, s.once = isLone(payloads), len(payloads) == 1
	s.text = seen >= minText && 4*printed >= 3*seen
	return s
}

// traits are the structure as rules see it.
func (s structure) traits() (t schemas.Traits) {
	for _, f := range [...]struct {
		holds bool
		trait schemas.Traits
	}{{s.repeated, schemas.TraitRepeated}, {s.text, schemas.TraitText}, {s.constant, schemas.TraitConstant},
		{s.counting, schemas.TraitCounting}, {s.periodic, schemas.TraitPeriodic}, {s.lone, schemas.TraitLone}, {s.once, schemas.TraitOnce}} {
		if f.holds {
			t |= f.trait
		}
	}
	return t
}

// repeats reports a payload that its direction sent before, as a retransmission does.
func repeats(before []Payload, p *Payload) bool {
	for i := range before {
		q := &before[i]
		if q.Up == p.Up && q.Size == p.Size && len(p.Data) >= 16 && bytes.Equal(q.Data, p.Data) {
			return true
		}
	}
	return false
}

func isLone(payloads []Payload) bool {
	for i := range payloads {
		p, first := &payloads[i], &payloads[0]
		if p.Up != first.Up || p.Size != first.Size || !bytes.Equal(p.Data, first.Data) {
			return false
		}
	}
	return len(payloads) > 0
}

// texts has a 1 for each byte of text.
var texts = func() (set [256]uint8) {
	for c := ' '; c <= '~'; c++ {
		set[c] = 1
	}
	set['\r'], set['\n'], set['\t'] = 1, 1, 1
	return set
}()

func countText(b []byte) (n int) {
	for _, c := range b {
		n += int(texts[c])
	}
	return n
}

// runs looks for bytes in a row that stay, and for such that step by the same. Six of a run's eight bytes
// are a third one after two equal steps, so that looking at every sixth byte misses none.
func runs(b []byte) (constant, counting bool) {
	for i := 2; i < len(b); i += minRun - 2 {
		step := b[i] - b[i-1]
		if b[i-1]-b[i-2] != step || !isRun(b, i, step) {
			continue
		}
		constant, counting = constant || step == 0, counting || step != 0
	}
	return constant, counting
}

// isRun reports that byte i stands in a run long enough of bytes that step by the same.
func isRun(b []byte, i int, step byte) bool {
	from, to := i-2, i
	for from > 0 && to-from < minRun-1 && b[from]-b[from-1] == step {
		from--
	}
	for to+1 < len(b) && to-from < minRun-1 && b[to+1]-b[to] == step {
		to++
	}
	return to-from >= minRun-1
}

// isPeriodic reports a payload of which nearly every byte stands again a period later.
func isPeriodic(b []byte) bool {
	if len(b) < minPeriodic {
		return false
	}
	for period := 1; period <= maxPeriod; period++ {
		if (b[0] == b[period] || b[1] == b[period+1]) && repeatsAfter(b, period) {
			return true
		}
	}
	return false
}

// repeatsAfter reports that at least seven of eight bytes stand again a period later.
func repeatsAfter(b []byte, period int) bool {
	others, most := 0, (len(b)-period)/8
	for i, c := range b[period:] {
		if c == b[i] {
			continue
		}
		if others++; others > most {
			return false
		}
	}
	return true
}

// looksRandom reports bytes that may have been drawn at random: neither constant,
// counting nor text, bits even, and few bytes more than once. At least eight bytes are
// wanted; random ones fail with less than 2^-10.
func looksRandom(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	var counts [256]uint8
	ones, distinct, most, run, longest := 0, 0, 0, 1, 1
	for i, c := range b {
		ones += bits.OnesCount8(c)
		if counts[c] == 0 {
			distinct++
		}
		if counts[c] < 255 {
			counts[c]++
		}
		most = max(most, int(counts[c]))
		if i > 0 && c == b[i-1] {
			run++
			longest = max(longest, run)
		} else {
			run = 1
		}
	}
	n := len(b)
	spread := 4 * n / (8 + n/16) // six standard deviations at eight bytes, wide enough beyond
	switch {
	case ones < 4*n-spread-n || ones > 4*n+spread+n,
		longest > 3, most > 3+n/24, distinct < distinctOf(n):
		return false
	}
	_, counting := runs(b)
	return !counting && countText(b) < n
}

// distinctOf is how many different bytes n random ones have at the least.
func distinctOf(n int) int {
	switch {
	case n <= 16:
		return 5 * n / 8
	case n <= 64:
		return n / 2
	case n <= 256:
		return 30 + n/4
	}
	return 94
}

// cipherBytes is how much behind a header is looked at: as much as an authentication tag.
const cipherBytes = 16

// isCiphertext reports that what stands at an offset may be ciphertext. What is too short
// to say is.
func isCiphertext(b []byte, at int) bool {
	if len(b) < at+8 {
		return true
	}
	b = b[at:min(len(b), at+cipherBytes)]
	return looksRandom(b) && 4*countText(b) < 3*len(b)
}

// headVaries reports that no byte among the first ones of the datagrams stays, or counts,
// from one to the next of its direction more often than chance has it: nothing precedes the
// ciphertext. Random bytes fail with less than 2^-20 where there are nine datagrams.
func headVaries(payloads []Payload, n int) bool {
	const maxSteps = 4 // of consecutive numbers
	var last [2][]byte
	pairs := 0
	var near [16]int
	for i := range payloads {
		p := &payloads[i]
		way := wayOf(p.Up)
		if before := last[way]; len(before) >= n && len(p.Data) >= n {
			pairs++
			for at := range n {
				if p.Data[at]-before[at] < maxSteps {
					near[at]++
				}
			}
		}
		last[way] = p.Data
	}
	for _, n := range near {
		if pairs >= 4 && 2*n > pairs {
			return false
		}
	}
	return true
}
