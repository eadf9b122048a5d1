package classify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/rules"
	"github.com/banshift/banshift/transform/enrich/domain"
)

// Pack is a compiled rule pack: immutable, safe for concurrent use.
type Pack struct {
	name, semver, sum string

	prior    int32 // tenths of a deciban
	classes  int   // tools before this index are classes
	tools    []Tool
	toolID   map[string]int16
	ceilings []schemas.Level
	ancestry [][]int16 // for each tool, its parents from near to far
	services []Service
	svcID    map[string]int16
	rules    []rule
	source   []Rule
	ruleID   map[string]uint16

	plan     plan
	names    *domain.Table // ids: name groups
	groups   []nameGroup
	interest []int16 // for each name group, the service
}

// Tool is one entry of the protocol axis: a tool, or a class of tools.
type Tool struct {
	ID string `yaml:"id"`
	// Parent is the class that a conflict is resolved to.
	Parent string `yaml:"parent"`
	// Category is vpn, proxy, anonymity, encrypted_dns, messenger, mesh, tunnel or none.
	Category string `yaml:"category"`
	// Deterministic says that the protocol declares itself (an IP protocol number, a magic value).
	Deterministic bool `yaml:"deterministic"`
	// Ceiling is the highest level of a tool that cannot be told apart surely; empty: none.
	Ceiling string `yaml:"ceiling"`
	// PriorDB replaces the pack's prior.
	PriorDB *float64 `yaml:"prior_db"`
	// Doc says what it is; Limits what cannot be told from flow records.
	Doc    string `yaml:"doc"`
	Limits string `yaml:"limits"`
}

// Service is one entry of the service axis: a provider or a service with names of its own.
type Service struct {
	ID       string `yaml:"id"`
	Category string `yaml:"category"`
	Doc      string `yaml:"doc"`
	Source   string `yaml:"source"`
	// Names are domains that belong to the service; they cover what is below them.
	Names []string `yaml:"names"`
	// Exact are domains that count only as they are written.
	Exact []string `yaml:"exact"`
	// Sensor are labels that sensors give it, "*" matching anything.
	Sensor []string `yaml:"sensor"`
}

// Rule is one rule as written in a pack.
type Rule struct {
	ID string `yaml:"id"`
	// Exactly one of Tool, Service and From says what the rule speaks about. From is
	// "list" (tool and service of the matching entry), "names" (service that owns the
	// server name) or "sensor" (service that the sensor's label names).
	Tool    string `yaml:"tool"`
	Service string `yaml:"service"`
	From    string `yaml:"from"`
	Family  string `yaml:"family"`
	// DB is the weight in decibans, 10 log10 of the likelihood ratio.
	DB float64 `yaml:"db"`
	// Supporting rules speak only where another rule already speaks for the same tool.
	Supporting bool `yaml:"supporting"`
	// Deterministic lifts the cap that one family alone is at most likely.
	Deterministic bool `yaml:"deterministic"`
	// Src is expert or measured; N is how many flows a measured weight rests on.
	Src string `yaml:"src"`
	N   int    `yaml:"n"`
	// Source is the document that the rule follows; Doc the reasoning in a sentence.
	Source   string   `yaml:"source"`
	Doc      string   `yaml:"doc"`
	When     When     `yaml:"when"`
	Examples Examples `yaml:"examples"`

	file string // where the rule is written
}

// Examples are flows that a rule must and must not fire on; "rules test" runs them.
type Examples struct {
	Match   []Example `yaml:"match"`
	NoMatch []Example `yaml:"no_match"`
}

// Example is a flow as far as a rule reads it.
type Example struct {
	Proto       string   `yaml:"proto"`
	ClientPort  uint16   `yaml:"client_port"`
	ServerPort  uint16   `yaml:"server_port"`
	Signatures  []string `yaml:"signatures"`
	Traits      []string `yaml:"traits"`
	Context     []string `yaml:"context"`
	Sizes       []int16  `yaml:"sizes"`
	Lengths     string   `yaml:"lengths"` // l4_payload (default), ip_total, unknown
	IPv6        bool     `yaml:"ipv6"`
	SNI         string   `yaml:"sni"`
	ALPN        string   `yaml:"alpn"`
	JA4         string   `yaml:"ja4"`
	Sensor      string   `yaml:"sensor"`
	Confidence  uint8    `yaml:"sensor_confidence"`
	ServerASN   uint32   `yaml:"server_asn"`
	ServerType  string   `yaml:"server_type"`
	DurationS   float64  `yaml:"duration_s"`
	BytesUp     uint64   `yaml:"bytes_up"`
	BytesDown   uint64   `yaml:"bytes_down"`
	PacketsUp   uint64   `yaml:"packets_up"`
	PacketsDown uint64   `yaml:"packets_down"`
	TCPFlags    uint8    `yaml:"tcp_flags"`
	// List is an entry that a list has for the server.
	List *ExampleList `yaml:"list"`
}

// ExampleList is a list entry in an example.
type ExampleList struct {
	Kind    string  `yaml:"kind"`
	Tool    string  `yaml:"tool"`
	Service string  `yaml:"service"`
	Exact   bool    `yaml:"exact"`
	Port    uint16  `yaml:"port"`
	Share   float64 `yaml:"share"`
	AgeDays int     `yaml:"age_days"`
	Name    bool    `yaml:"name"` // the entry is a name, not an address
}

// file is one YAML file of a pack.
type file struct {
	Name     string    `yaml:"name"`
	Version  string    `yaml:"version"`
	PriorDB  *float64  `yaml:"prior_db"`
	Classes  []Tool    `yaml:"classes"`
	Tools    []Tool    `yaml:"tools"`
	Services []Service `yaml:"services"`
	NameSets []NameSet `yaml:"name_sets"`
	Rules    []Rule    `yaml:"rules"`
}

// NameSet is a named group of domains that rules refer to.
type NameSet struct {
	ID     string   `yaml:"id"`
	Doc    string   `yaml:"doc"`
	Source string   `yaml:"source"`
	Suffix []string `yaml:"suffix"`
	Exact  []string `yaml:"exact"`
}

// Default compiles the built-in pack. A test, not each start, holds it against its schema.
func Default() (*Pack, error) {
	return load(nil, rules.Files(), []string{"."})
}

// Load compiles the pack whose YAML files lie at the given paths of fsys; a path may
// be a directory. Files are read in the order of their names, and the same files give
// the same rule indexes and the same [Pack.Version].
func Load(fsys fs.FS, paths ...string) (*Pack, error) {
	validate, err := newValidator()
	if err != nil {
		return nil, err
	}
	return load(validate, fsys, paths)
}

func load(validate func(any) error, fsys fs.FS, paths []string) (*Pack, error) {
	names, err := packFiles(fsys, paths)
	if err != nil {
		return nil, fmt.Errorf("rule pack: %w", err)
	}
	sum := sha256.New()
	var all file
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("rule pack: %w", err)
		}
		fmt.Fprintf(sum, "%s %d\n", path.Base(name), len(data))
		sum.Write(data)
		f, err := parseFile(data, validate)
		if err != nil {
			return nil, fmt.Errorf("rule pack: %s: %w", name, err)
		}
		for i := range f.Rules {
			f.Rules[i].file = path.Base(name)
		}
		if err := all.merge(f); err != nil {
			return nil, fmt.Errorf("rule pack: %s: %w", name, err)
		}
	}
	p, err := compile(&all)
	if err != nil {
		return nil, fmt.Errorf("rule pack: %w", err)
	}
	p.sum = hex.EncodeToString(sum.Sum(nil))
	return p, nil
}

func packFiles(fsys fs.FS, paths []string) ([]string, error) {
	var names []string
	for _, p := range paths {
		info, err := fs.Stat(fsys, p)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			names = append(names, p)
			continue
		}
		entries, err := fs.ReadDir(fsys, p)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !e.IsDir() && strings.HasSuffix(e.Name(), ".yaml") {
				names = append(names, path.Join(p, e.Name()))
			}
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no .yaml file in %s", strings.Join(paths, ", "))
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(path.Base(a), path.Base(b)) })
	return names, nil
}

// parseFile checks data against the JSON Schema, where validate is not nil, and decodes it.
func parseFile(data []byte, validate func(any) error) (*file, error) {
	var parsed yaml.Node
	if err := yaml.Unmarshal(data, &parsed); err != nil {
		return nil, err
	}
	if validate != nil {
		var doc any
		if err := parsed.Decode(&doc); err != nil {
			return nil, err
		}
		if err := validate(doc); err != nil {
			return nil, invalid(doc, err)
		}
	}
	var f file
	if err := parsed.Decode(&f); err != nil {
		return nil, err
	}
	return &f, nil
}

func (f *file) merge(g *file) error {
	if g.Name != "" {
		if f.Name != "" {
			return fmt.Errorf("a second file names the pack (%q after %q)", g.Name, f.Name)
		}
		f.Name, f.Version, f.PriorDB = g.Name, g.Version, g.PriorDB
	}
	f.Classes = append(f.Classes, g.Classes...)
	f.Tools = append(f.Tools, g.Tools...)
	f.Services = append(f.Services, g.Services...)
	f.NameSets = append(f.NameSets, g.NameSets...)
	f.Rules = append(f.Rules, g.Rules...)
	return nil
}

// Version names the pack: "name@semver+first 12 hex digits of its SHA-256".
func (p *Pack) Version() string { return p.name + "@" + p.semver + "+" + p.sum[:12] }

// SHA256 is the hash over the pack's files, in hex.
func (p *Pack) SHA256() string { return p.sum }

// NumRules is how many rules the pack has.
func (p *Pack) NumRules() int { return len(p.source) }

// RuleID gives the id of the rule with index i, as the evidence column has it.
func (p *Pack) RuleID(i uint16) string { return p.source[i].ID }

// Rule gives the rule with index i.
func (p *Pack) Rule(i uint16) Rule { return p.source[i] }

// Tools are the classes and tools, classes first.
func (p *Pack) Tools() []Tool { return p.tools }

// Is reports whether a tool is another, or lies below it if that is a class.
func (p *Pack) Is(tool, class string) bool {
	t, known := p.toolID[tool]
	c, ok := p.toolID[class]
	return known && ok && (t == c || slices.Contains(p.ancestry[t], c))
}

// Limits says by tool what cannot be told from flow records.
func (p *Pack) Limits() map[string]string {
	limits := make(map[string]string)
	for _, t := range p.tools {
		if t.Limits != "" {
			limits[t.ID] = t.Limits
		}
	}
	return limits
}

// Services are the entries of the service axis.
func (p *Pack) Services() []Service { return p.services }

// Interest says whose name a registered domain is: a look-up of it shows interest in
// the service, not its use. It does not allocate.
func (p *Pack) Interest(registeredDomain []byte) (service, category string, ok bool) {
	set := p.names.Lookup(view(registeredDomain))
	for _, g := range p.names.IDs(set) {
		if s := p.interest[g]; s >= 0 {
			return p.services[s].ID, p.services[s].Category, true
		}
	}
	return "", "", false
}

// PublicName gives the part of a server name that the pack names itself, like
// "dns.example.net" of "x.dns.example.net". Such names belong to public services, not to
// persons, and may be kept whole where others are cut to their registered domain.
func (p *Pack) PublicName(name []byte) (kept []byte, ok bool) {
	set, at := p.names.Longest(view(name))
	if set == 0 {
		return nil, false
	}
	return name[at:], true
}
