package classify

import (
	"errors"
	"fmt"
	"slices"

	"github.com/banshift/banshift/schemas"
)

// genericALPN are protocols that every visit to a site offers (RFC 9113, RFC 9114).
var genericALPN = []string{"h2", "http/1.1", "http/1.0", "h3"}

// isNameAlone reports a rule for a tool that rests on a server name and on nothing that
// a visit to a site of that name would not show as well. Such a rule never makes likely,
// unless it states that its names are end points ([Rule.EndpointName]).
func isNameAlone(src *Rule) bool {
	w := &src.When
	byName := w.SNI.lists() || w.List != nil && w.List.Name
	if !byName || src.EndpointName || src.DB < 0 {
		return false
	}
	all, _ := parseSignatures(w.Signatures.All)
	some, _ := parseSignatures(w.Signatures.Any)
	special := func(names []string) bool {
		return slices.ContainsFunc(names, func(a string) bool { return !slices.Contains(genericALPN, a) })
	}
	more := !all.Without(commonSignatures).Empty() || !some.Empty() && !some.HasAny(commonSignatures) ||
		len(w.JA4) > 0 || len(w.ALPN) > 0 && special(w.ALPN) || len(w.Context.All) > 0 || len(w.Sensor) > 0 ||
		w.FirstUp != nil || w.FirstDown != nil || w.Sizes != nil
	return !more
}

// endpoints are the name groups by which a rule on end points tells its names apart.
type endpoints struct {
	exact, suffixes []uint32 // names as they are stated: alone, or with what is below them
	visits          map[string]bool
}

// endpointsOf numbers the names of a rule on end points.
func (c *compiler) endpointsOf(n *Names) (*endpoints, error) {
	exact, suffixes := slices.Clone(n.Exact), slices.Clone(n.Suffix)
	for _, id := range n.In {
		exact, suffixes = append(exact, c.setSource[id].Exact...), append(suffixes, c.setSource[id].Suffix...)
	}
	one, err1 := c.group(nil, exact)
	other, err2 := c.group(nil, suffixes)
	return &endpoints{[]uint32{one}, []uint32{other}, c.p.visits}, errors.Join(err1, err2)
}

// hold reports a server name that is stated exactly, or a host below a stated suffix
// whose own label is not among those of hosts that people visit.
func (e *endpoints) hold(name string, groups []uint32) bool {
	switch {
	case shareOne(e.exact, groups):
		return true
	case shareOne(e.suffixes, groups):
		return false
	}
	var label [63]byte
	n := 0
	for ; n < len(name) && n < len(label) && name[n] != '.'; n++ {
		label[n] = name[n]
		if 'A' <= name[n] && name[n] <= 'Z' {
			label[n] += 'a' - 'A'
		}
	}
	return !e.visits[string(label[:n])]
}

// fewBits are signatures that fix few bytes, or only lengths: other protocols reach them
// by chance or by a form of their own.
var fewBits = schemas.SignaturesOf(schemas.SigWireGuardInit, schemas.SigWireGuardData, schemas.SigESPinUDP, schemas.SigDNSCryptQueries,
	schemas.SigFakeTLS, schemas.SigTorTLS, schemas.SigTorCells, schemas.SigTelegram, schemas.SigSoftEther, schemas.SigBlockMAC,
	schemas.SigFullyEncrypted, schemas.SigFullyEncryptedUDP, schemas.SigRandomDatagrams, schemas.SigDoTRecords, schemas.SigAnyConnectDTLS)

// restsOn says what a rule for a tool rests on that ordinary traffic may show too:
// lengths, or few bytes; empty where it does not.
func restsOn(src *Rule) string {
	w := &src.When
	all, _ := parseSignatures(w.Signatures.All)
	some, _ := parseSignatures(w.Signatures.Any)
	traits, _ := parseTraits(slices.Concat(w.Traits.All, w.Traits.Any))
	switch {
	case !all.Without(commonSignatures.With(fewBits)).Empty():
		return ""
	case w.FirstUp != nil || w.FirstDown != nil || w.Sizes != nil || w.SizesMod != nil || traits&schemas.TraitMod16 != 0:
		return "lengths"
	case all.HasAny(fewBits) || some.HasAny(fewBits):
		return "few bytes"
	}
	return ""
}

// hasVeto reports a rule that says which structure or which other protocol refutes it.
func hasVeto(src *Rule) bool {
	w := &src.When
	return len(w.Signatures.None)+len(w.Signatures.Seen)+len(w.Traits.None) > 0
}

// Warnings names the rules for a tool that may lift it to likely by lengths or few bytes,
// and state no veto: what in the first payloads, or which other protocol, refutes them.
func (p *Pack) Warnings() []string {
	var all []string
	for i := range p.source {
		src := &p.source[i]
		if src.Tool == "" || src.Supporting || src.DB < minVetoDB || circumstantial&(1<<p.rules[i].family) != 0 || hasVeto(src) {
			continue
		}
		if on := restsOn(src); on != "" {
			all = append(all, fmt.Sprintf("%s: rule %s rests on %s and states no veto (signatures none or seen, traits none)", src.file, src.ID, on))
		}
	}
	return all
}

// minVetoDB is from which weight on a rule needs a veto: with a registered port and what
// supports it, it may make likely.
const minVetoDB = 10
