package classify

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/transform/enrich/domain"
)

// family groups rules that rest on the same observation: inside one, only the
// strongest counts.
type family uint8

const (
	famEndpoint family = iota
	famSignature
	famSensor
	famSizes
	famPorts
	famTLS
	famDNS
	famBehaviour
	famASType
	famContra
	numFamilies
)

var familyNames = [numFamilies]string{
	"endpoint", "signature", "sensor", "handshake_sizes", "ports_proto", "tls_identity",
	"dns_context", "behaviour", "asn_type", "contra",
}

// String gives the family's name.
func (f family) String() string { return familyNames[f] }

// strong are the families without one of which nothing is confirmed.
const strong = 1<<famEndpoint | 1<<famSizes | 1<<famTLS

// circumstantial are the families that alone or together never exceed possible.
const circumstantial = 1<<famPorts | 1<<famASType | 1<<famBehaviour | 1<<famDNS

// source of a rule's subject.
type subject uint8

const (
	subjectFixed  subject = iota // tool or service named by the rule
	subjectList                  // by the matching list entry
	subjectNames                 // service that owns the server name
	subjectSensor                // service that the sensor's label names
)

// rule is a compiled rule.
type rule struct {
	subject       subject
	tool, service int16 // -1: none
	family        family
	db            int32 // tenths of a deciban
	supporting    bool
	deterministic bool
	nameAlone     bool // rests on a name that a visit shows too
	when          []predicate
	list          entryPredicate
	listName      bool
}

// limits of weights in decibans: measured likelihood ratios are clipped to these; a
// deterministic rule may carry more, because a protocol that declares itself is no estimate.
const (
	minDB, maxDB     = -20, 30
	maxDeterministic = 40
	defaultPriorDB   = -20
)

// nameGroup is a set of domains that rules or a service refer to.
type nameGroup struct {
	rules []uint16 // anchored here
}

type compiler struct {
	p          *Pack
	names      domain.Builder
	sets       map[string]uint32 // name set -> group
	setSource  map[string]NameSet
	sensorSets [][]string

	current     uint16              // the rule being compiled
	ruleGroups  map[uint16][]uint32 // groups of its condition on names
	ruleSensors map[uint16]int      // set of its condition on sensor labels
}

func compile(f *file) (*Pack, error) {
	p := &Pack{name: f.Name, semver: f.Version, prior: tenths(defaultPriorDB), classes: len(f.Classes),
		toolID: make(map[string]int16), svcID: make(map[string]int16), ruleID: make(map[string]uint16), visits: make(map[string]bool)}
	if p.name == "" || p.semver == "" {
		return nil, errors.New("no name and version: one file must state them")
	}
	for _, label := range f.VisitLabels {
		p.visits[label] = true
	}
	if f.PriorDB != nil {
		p.prior = tenths(*f.PriorDB)
	}
	c := &compiler{p: p, sets: make(map[string]uint32), setSource: make(map[string]NameSet), ruleGroups: make(map[uint16][]uint32), ruleSensors: make(map[uint16]int)}
	for _, step := range []func(*file) error{c.tools, c.services, c.nameSets, c.rules} {
		if err := step(f); err != nil {
			return nil, err
		}
	}
	p.names = c.names.Build()
	if err := p.plan.build(c, f.Rules); err != nil {
		return nil, err
	}
	return p, nil
}

func tenths(db float64) int32 { return int32(math.Round(db * 10)) }

func (c *compiler) tools(f *file) error {
	p := c.p
	for _, t := range slices.Concat(f.Classes, f.Tools) {
		if _, dup := p.toolID[t.ID]; dup {
			return fmt.Errorf("tool %s: stated twice", t.ID)
		}
		p.toolID[t.ID] = int16(len(p.tools))
		p.tools = append(p.tools, t)
		p.ceilings = append(p.ceilings, ceilingOf(t.Ceiling))
	}
	p.ancestry = make([][]int16, len(p.tools))
	for i := range p.tools {
		for at := i; p.tools[at].Parent != ""; {
			parent, ok := p.toolID[p.tools[at].Parent]
			if !ok || int(parent) >= p.classes {
				return fmt.Errorf("tool %s: parent %q is not a class", p.tools[at].ID, p.tools[at].Parent)
			}
			if slices.Contains(p.ancestry[i], parent) || int(parent) == i {
				return fmt.Errorf("tool %s: its parents form a circle", p.tools[i].ID)
			}
			p.ancestry[i] = append(p.ancestry[i], parent)
			at = int(parent)
		}
	}
	return nil
}

func ceilingOf(name string) schemas.Level {
	switch name {
	case "possible":
		return schemas.Possible
	case "likely":
		return schemas.Likely
	}
	return schemas.Confirmed
}

func (c *compiler) services(f *file) error {
	p := c.p
	for _, s := range f.Services {
		if _, dup := p.svcID[s.ID]; dup {
			return fmt.Errorf("service %s: stated twice", s.ID)
		}
		id := int16(len(p.services))
		p.svcID[s.ID] = id
		p.services = append(p.services, s)
		group, err := c.group(s.Names, s.Exact)
		if err != nil {
			return fmt.Errorf("service %s: %w", s.ID, err)
		}
		p.interest[group] = id
	}
	return nil
}

func (c *compiler) nameSets(f *file) error {
	for _, s := range f.NameSets {
		if _, dup := c.sets[s.ID]; dup {
			return fmt.Errorf("name set %s: stated twice", s.ID)
		}
		group, err := c.group(s.Suffix, s.Exact)
		if err != nil {
			return fmt.Errorf("name set %s: %w", s.ID, err)
		}
		c.sets[s.ID], c.setSource[s.ID] = group, s
	}
	return nil
}

// group makes a new group of names.
func (c *compiler) group(suffix, exact []string) (uint32, error) {
	g := uint32(len(c.p.groups))
	c.p.groups = append(c.p.groups, nameGroup{})
	c.p.interest = append(c.p.interest, -1)
	for _, name := range suffix {
		if err := c.names.Add(name, false, g); err != nil {
			return 0, err
		}
	}
	for _, name := range exact {
		if err := c.names.Add(name, true, g); err != nil {
			return 0, err
		}
	}
	return g, nil
}

// groupsOf gives the groups of a rule's condition on names, nil where it names none.
func (c *compiler) groupsOf(n *Names) ([]uint32, error) {
	if !n.lists() {
		return nil, nil
	}
	var groups []uint32
	for _, id := range n.In {
		g, ok := c.sets[id]
		if !ok {
			return nil, fmt.Errorf("unknown name set %q", id)
		}
		groups = append(groups, g)
	}
	if len(n.Suffix)+len(n.Exact) > 0 {
		g, err := c.group(n.Suffix, n.Exact)
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	c.ruleGroups[c.current] = groups
	return groups, nil
}

func (c *compiler) sensorSet(patterns []string) int {
	c.ruleSensors[c.current] = len(c.sensorSets)
	c.sensorSets = append(c.sensorSets, patterns)
	return len(c.sensorSets) - 1
}

func (c *compiler) rules(f *file) error {
	if len(f.Rules) > math.MaxUint16 {
		return fmt.Errorf("%d rules: at most %d", len(f.Rules), math.MaxUint16)
	}
	p := c.p
	p.source = f.Rules
	p.rules = make([]rule, len(f.Rules))
	for i := range f.Rules {
		src := &f.Rules[i]
		if _, dup := p.ruleID[src.ID]; dup {
			return fmt.Errorf("%s: rule %s: stated twice, first in %s", src.file, src.ID, p.source[p.ruleID[src.ID]].file)
		}
		p.ruleID[src.ID] = uint16(i)
		c.current = uint16(i)
		if err := c.rule(src, &p.rules[i]); err != nil {
			return fmt.Errorf("%s: rule %s: %w", src.file, src.ID, err)
		}
	}
	return nil
}

func (c *compiler) rule(src *Rule, r *rule) error {
	fam := slices.Index(familyNames[:], src.Family)
	if fam < 0 {
		return fmt.Errorf("unknown family %q", src.Family)
	}
	r.family, r.db = family(fam), tenths(src.DB)
	r.supporting, r.deterministic = src.Supporting, src.Deterministic
	if err := checkWeight(src); err != nil {
		return err
	}
	if err := c.subject(src, r); err != nil {
		return err
	}
	r.nameAlone = isNameAlone(src)
	return c.compileWhen(src, r)
}

func checkWeight(src *Rule) error {
	top := float64(maxDB)
	if src.Deterministic {
		top = maxDeterministic
	}
	if src.DB == 0 || src.DB < minDB || src.DB > top || math.IsNaN(src.DB) {
		return fmt.Errorf("weight %g dB: want %d to %g, not 0", src.DB, minDB, top)
	}
	if src.Src == "measured" && src.N < 1 {
		return errors.New("measured weight without n")
	}
	return nil
}

func (c *compiler) subject(src *Rule, r *rule) error {
	r.tool, r.service = -1, -1
	stated := 0
	for _, s := range []string{src.Tool, src.Service, src.From} {
		if s != "" {
			stated++
		}
	}
	if stated != 1 {
		return errors.New("want exactly one of tool, service and from")
	}
	var ok bool
	switch {
	case src.Tool != "":
		if r.tool, ok = c.p.toolID[src.Tool]; !ok {
			return fmt.Errorf("unknown tool %q", src.Tool)
		}
	case src.Service != "":
		if r.service, ok = c.p.svcID[src.Service]; !ok {
			return fmt.Errorf("unknown service %q", src.Service)
		}
	case src.From == "list":
		r.subject = subjectList
		if src.When.List == nil {
			return errors.New("from list: no condition on a list")
		}
	case src.From == "names":
		r.subject = subjectNames
	case src.From == "sensor":
		r.subject = subjectSensor
	default:
		return fmt.Errorf("unknown from %q: list, names or sensor", src.From)
	}
	return nil
}

// commonSignatures are signatures that much ordinary traffic carries: a rule is hung on one
// of them only where it has nothing rarer.
var commonSignatures = schemas.SignaturesOf(schemas.SigTLS, schemas.SigTLSServer, schemas.SigQUIC, schemas.SigDNS, schemas.SigHTTP,
	schemas.SigSTUN, schemas.SigFullyEncrypted, schemas.SigBitTorrent, schemas.SigRTP, schemas.SigSSH, schemas.SigDTLS)
