package schemas

import (
	"slices"
	"testing"
)

func TestSignatureSet(t *testing.T) {
	const high = Signature(100)
	s := SignaturesOf(SigTLS, high)
	if !s.Has(SigTLS) || !s.Has(high) || s.Has(SigDNS) || s.Empty() {
		t.Errorf("%v holds the wrong members", s)
	}
	if !s.HasAny(SignaturesOf(high)) || s.HasAny(SignaturesOf(SigDNS)) || s.HasAll(SignaturesOf(high, SigDNS)) || !s.HasAll(s) {
		t.Errorf("%v is compared wrongly", s)
	}
	var members []Signature
	for rest, m, ok := s, Signature(0), true; ok; {
		if m, ok = rest.Next(); ok {
			members = append(members, m)
		}
	}
	if !slices.Equal(members, []Signature{SigTLS, high}) {
		t.Errorf("members %v", members)
	}
	if left := s.Without(SignaturesOf(SigTLS)); left != SignaturesOf(high) {
		t.Errorf("without tls: %v", left)
	}
}

// TestNumbersStay pins numbers that files carry.
func TestNumbersStay(t *testing.T) {
	for name, want := range map[string]Signature{"wireguard-init": 0, "fully-encrypted": 32, "teredo": 34, "doq": 43, "wireguard-session": 46, "fake-tls": 62} {
		if got, ok := ParseSignature(name); !ok || got != want || got.String() != name {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
	for name, want := range map[string]Traits{"unanswered": 1, "midstream": 2, "mod16": 4, "tls-records": 8, "dtls-records": 16} {
		if got, ok := ParseTrait(name); !ok || got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
}

func TestSplitTraits(t *testing.T) {
	old := uint64(1)<<44 | 1<<45 | 1<<33 | 1<<57 | 1<<59 | 1<<16
	s, traits := SplitTraits(old)
	if s != 1<<16 || traits.String() != "unanswered,midstream,mod16,tls-records,dtls-records" {
		t.Errorf("%x, %s", s, traits)
	}
	if s, traits := SplitTraits(s); s != 1<<16 || traits != 0 {
		t.Errorf("taken apart again: %x, %s", s, traits)
	}
}
