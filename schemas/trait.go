package schemas

import "strings"

// Traits are what a flow shows that is no protocol: how it was seen, and what its first
// payloads are made of. Rules ask for them as for signatures.
type Traits uint32

// The vocabulary of traits. A bit keeps its meaning for ever, as with signatures.
const (
	TraitUnanswered  Traits = 1 << iota // no byte came back
	TraitMidstream                      // the capture began after the session did
	TraitMod16                          // at least 8 payloads, all 0 mod 16 and at least 32
	TraitTLSRecords                     // TLS records both ways without a hello
	TraitDTLSRecords                    // DTLS data records without a hello
	TraitInspected                      // first payload bytes were looked at
	TraitRepeated                       // two of the first payloads of one direction are the same
	TraitText                           // three of four of the first payload bytes are printable
	TraitConstant                       // a payload has eight equal bytes in a row
	TraitCounting                       // a payload has eight bytes in a row that count up or down
	TraitPeriodic                       // a payload repeats itself every 1 to 32 bytes
	TraitLone                           // one payload, sent once or again, and none came back
	TraitOnce                           // one payload, sent once, and none came back
)

var traitNames = [...]string{"unanswered", "midstream", "mod16", "tls-records", "dtls-records",
	"inspected", "repeated", "text", "constant", "counting", "periodic", "lone", "once"}

// TraitNames lists the vocabulary in bit order.
func TraitNames() []string { return append([]string(nil), traitNames[:]...) }

// ParseTrait gives the bit of a name of the vocabulary.
func ParseTrait(name string) (Traits, bool) {
	for i, n := range traitNames {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// Has reports whether all bits of want are set.
func (t Traits) Has(want Traits) bool { return t&want == want }

// String gives the names, joined by commas, in bit order.
func (t Traits) String() string {
	var names []string
	for i, n := range traitNames {
		if t&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return strings.Join(names, ",")
}

// onceSignatures are the bits of the column signatures that are traits today.
var onceSignatures = [...]struct {
	bit   uint64
	trait Traits
}{
	{1 << 33, TraitMod16}, {1 << 44, TraitUnanswered}, {1 << 45, TraitMidstream},
	{1 << 57, TraitTLSRecords}, {1 << 59, TraitDTLSRecords},
}

// SplitTraits takes apart the column signatures of a file that was written when traits
// were among its bits. Of a newer file it gives low as it is and no traits.
func SplitTraits(low uint64) (signatures uint64, t Traits) {
	for _, o := range onceSignatures {
		if low&o.bit != 0 {
			low, t = low&^o.bit, t|o.trait
		}
	}
	return low, t
}
