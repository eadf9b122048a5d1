package enrich

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/lists"
)

// Config says what to look servers up in.
type Config struct {
	Lists    []ListSource
	Networks []NetworkSource
	// ReadFile reads a file that a source names by its path; nil: sources carry their data.
	ReadFile func(path string) ([]byte, error)
	// NoBuiltin leaves out the endpoints that the project lists itself (schemas/lists).
	NoBuiltin bool
	// Settings name what else decides what is found, for the version.
	Settings []string
	// Memory is where the appended columns live; nil: the Go heap.
	Memory memory.Allocator
}

// Fields are the columns that enrichment appends to a flow batch.
//
//	network        AS number of the server, 0 where unknown
//	server_country [Country] of the server
//	server_type    [ASType]; hosting also where a datacentre or cloud list holds the address
//	address_match  set of entries for the address ([Lists.AddressEntries]), 0 where none is valid at the flow's start
//	name_match     set of entries for the server name ([Lists.NameEntries]), likewise
var Fields = []arrow.Field{
	{Name: "network", Type: arrow.PrimitiveTypes.Uint32},
	{Name: "server_country", Type: arrow.PrimitiveTypes.Uint16},
	{Name: "server_type", Type: arrow.PrimitiveTypes.Uint8},
	{Name: "address_match", Type: arrow.PrimitiveTypes.Uint32},
	{Name: "name_match", Type: arrow.PrimitiveTypes.Uint32},
}

// Enricher is the stage. It is safe for concurrent use.
type Enricher struct {
	lists    *Lists
	networks networks
	mem      memory.Allocator
	recent   sync.Pool // of *recent
}

// New loads all lists and networks. A list that cannot be read is an error: a silent
// gap would look like a fall in use.
func New(cfg Config) (*Enricher, error) {
	e := &Enricher{mem: cfg.Memory}
	if e.mem == nil {
		e.mem = memory.DefaultAllocator
	}
	if cfg.ReadFile == nil {
		cfg.ReadFile = unread
	}
	settings := cfg.Settings
	for _, src := range cfg.Networks {
		data, err := cfg.ReadFile(src.Path)
		if err != nil {
			return nil, fmt.Errorf("networks %s: %w", src.Path, err)
		}
		t, err := loadNetworks(src, data)
		if err != nil {
			return nil, fmt.Errorf("networks %s: %w", src.Path, err)
		}
		e.networks = append(e.networks, t)
		settings = append(settings, Setting("networks:"+filepath.Base(src.Path), data))
	}
	b := newBuilder(cfg.ReadFile)
	if !cfg.NoBuiltin {
		src, err := builtin()
		if err != nil {
			return nil, err
		}
		cfg.Lists = append([]ListSource{src}, cfg.Lists...)
	}
	for _, src := range cfg.Lists {
		if err := b.load(src); err != nil {
			return nil, err
		}
	}
	e.lists = b.build()
	e.lists.version = strings.Join(append([]string{e.lists.version}, settings...), ",")
	e.recent.New = func() any { return new(recent) }
	return e, nil
}

// Setting names a setting by its content: "name+sha256 prefix".
func Setting(name string, content []byte) string {
	sum := sha256.Sum256(content)
	return name + "+" + hex.EncodeToString(sum[:6])
}

// unread is for sources in memory.
func unread(path string) ([]byte, error) {
	return nil, fmt.Errorf("file %s: %w (sources in memory have no files)", path, fs.ErrNotExist)
}

// Builtin is the name of the list that the project ships.
const Builtin = "builtin"

func builtin() (ListSource, error) {
	asOf, err := ParseTime(lists.EndpointsAsOf)
	if err != nil {
		return ListSource{}, err
	}
	return ListSource{Name: Builtin, Data: lists.Endpoints(), Format: FormatCSV, AsOf: asOf}, nil
}

// Lists gives the loaded lists, which classification needs to read the match columns.
func (e *Enricher) Lists() *Lists { return e.lists }

// Locate gives country (lower-case ISO code) and network of an address, empty and 0
// where unknown. The gate uses it for clients.
func (e *Enricher) Locate(addr netip.Addr) (country string, asn uint32) {
	n := e.networks.lookup(addr.Unmap())
	return n.country.String(), n.asn
}

// Apply appends [Fields] to a flow batch. The caller releases both records.
func (e *Enricher) Apply(ctx context.Context, rec arrow.Record) (arrow.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	flows, err := schemas.FlowsOf(rec)
	if err != nil {
		return nil, fmt.Errorf("enrich: %w", err)
	}
	c := newColumns(e.mem, flows.Len)
	known := e.recent.Get().(*recent)
	defer e.recent.Put(known)
	for i := range flows.Len {
		e.row(&flows, i, known, &c)
	}
	return c.appendTo(rec, e.lists.version), nil
}

// recentBits is the logarithm of how many servers are remembered: 1.3 MB for each batch that
// is enriched at the same time.
const recentBits = 15

// recent remembers what was found for the servers seen last: a few servers have most
// of the traffic, and two look-ups in large tables are half of the stage's time.
type recent [1 << recentBits]struct {
	addr    [16]byte
	network network
	set     uint32
	used    bool
}

func (e *Enricher) server(known *recent, addr [16]byte) (network, uint32) {
	// The low bytes of an address differ most; Fibonacci hashing spreads them.
	low := binary.LittleEndian.Uint64(addr[8:]) ^ binary.LittleEndian.Uint64(addr[:8])
	slot := &known[low*0x9e3779b97f4a7c15>>(64-recentBits)]
	if !slot.used || slot.addr != addr {
		a := netip.AddrFrom16(addr).Unmap()
		slot.addr, slot.used = addr, true
		slot.network, slot.set = e.networks.lookup(a), e.lists.Address(a)
	}
	return slot.network, slot.set
}

func (e *Enricher) row(flows *schemas.Flows, i int, known *recent, c *columns) {
	n, set := e.server(known, [16]byte(flows.Server.Value(i)))
	if set != 0 {
		hosting, valid := e.resolve(e.lists.AddressEntries(set), flows, i)
		if !valid {
			set = 0
		}
		if hosting && n.kind == ASUnknown {
			n.kind = ASHosting
		}
	}
	name := e.name(flows, i)
	c.set(i, n, set, name)
}

// resolve reports whether any of the entries speaks of this flow, and whether one
// says that the address is hosted.
func (e *Enricher) resolve(entries []uint32, flows *schemas.Flows, i int) (hosting, valid bool) {
	at, port, protocol := int64(flows.Start[i]), flows.ServerPort[i], flows.Protocol[i]
	for _, id := range entries {
		if _, ok := e.lists.Valid(id, at, port, protocol); !ok {
			continue
		}
		valid = true
		if k := e.lists.entries[id].Kind; k == KindDatacentre || k == KindCloud {
			hosting = true
		}
	}
	return hosting, valid
}

func (e *Enricher) name(flows *schemas.Flows, i int) uint32 {
	sni := flows.SNI.Value(i)
	if sni == "" {
		return 0
	}
	set := e.lists.Name(sni)
	if set == 0 {
		return 0
	}
	if _, valid := e.resolve(e.lists.NameEntries(set), flows, i); !valid {
		return 0
	}
	return set
}

// columns collects what Apply appends.
type columns struct {
	network schemas.Column[uint32]
	country schemas.Column[uint16]
	kind    schemas.Column[uint8]
	address schemas.Column[uint32]
	name    schemas.Column[uint32]
}

// newColumns makes columns of n zeros, which [columns.set] replaces: appending asks each time whether there is room.
func newColumns(mem memory.Allocator, n int) columns {
	c := columns{
		network: schemas.NewColumn[uint32](mem, n),
		country: schemas.NewColumn[uint16](mem, n),
		kind:    schemas.NewColumn[uint8](mem, n),
		address: schemas.NewColumn[uint32](mem, n),
		name:    schemas.NewColumn[uint32](mem, n),
	}
	c.network.Fill(n, 0)
	c.country.Fill(n, 0)
	c.kind.Fill(n, 0)
	c.address.Fill(n, 0)
	c.name.Fill(n, 0)
	return c
}

// set writes row i.
func (c *columns) set(i int, n network, address, name uint32) {
	c.network.V[i] = n.asn
	c.country.V[i] = uint16(n.country)
	c.kind.V[i] = uint8(n.kind)
	c.address.V[i] = address
	c.name.V[i] = name
}

func (c *columns) appendTo(rec arrow.Record, lists string) arrow.Record {
	t := arrow.PrimitiveTypes
	added := []arrow.Array{
		c.network.Array(t.Uint32), c.country.Array(t.Uint16), c.kind.Array(t.Uint8),
		c.address.Array(t.Uint32), c.name.Array(t.Uint32),
	}
	defer func() {
		for _, a := range added {
			a.Release()
		}
	}()
	schema := rec.Schema()
	fields := append(schema.Fields()[:len(schema.Fields()):len(schema.Fields())], Fields...)
	meta := withMeta(schema.Metadata(), schemas.MetaLists, lists)
	arrays := append(rec.Columns()[:rec.NumCols():rec.NumCols()], added...)
	return array.NewRecord(arrow.NewSchema(fields, &meta), arrays, rec.NumRows())
}

// Attach appends [Fields] with known values to a flow batch, as [Enricher.Apply] does
// with values that it looks up; all slices have the batch's length.
func Attach(mem memory.Allocator, rec arrow.Record, lists *Lists, m Matches) arrow.Record {
	c := newColumns(mem, int(rec.NumRows()))
	for i := range int(rec.NumRows()) {
		c.set(i, network{m.Network[i], Country(m.Country[i]), ASType(m.Type[i])}, m.AddressMatch[i], m.NameMatch[i])
	}
	return c.appendTo(rec, lists.version)
}

// withMeta gives meta with one key set.
func withMeta(meta arrow.Metadata, key, value string) arrow.Metadata {
	keys, values := append([]string(nil), meta.Keys()...), append([]string(nil), meta.Values()...)
	if i := meta.FindKey(key); i >= 0 {
		values[i] = value
		return arrow.NewMetadata(keys, values)
	}
	return arrow.NewMetadata(append(keys, key), append(values, value))
}

// Matches is a typed view of the columns in [Fields]; the slices alias the record.
type Matches struct {
	Network      []uint32
	Country      []uint16
	Type         []uint8
	AddressMatch []uint32
	NameMatch    []uint32
}

// MatchesOf finds the columns of an enriched batch. ok is false where they are absent.
func MatchesOf(rec arrow.Record) (m Matches, ok bool) {
	first := rec.Schema().FieldIndices(Fields[0].Name)
	if len(first) == 0 || first[0]+len(Fields) > int(rec.NumCols()) {
		return Matches{}, false
	}
	at := first[0]
	for i, f := range Fields {
		got := rec.Schema().Field(at + i)
		if got.Name != f.Name || !arrow.TypeEqual(got.Type, f.Type) {
			return Matches{}, false
		}
	}
	return Matches{
		Network:      rec.Column(at).(*array.Uint32).Uint32Values(),
		Country:      rec.Column(at + 1).(*array.Uint16).Uint16Values(),
		Type:         rec.Column(at + 2).(*array.Uint8).Uint8Values(),
		AddressMatch: rec.Column(at + 3).(*array.Uint32).Uint32Values(),
		NameMatch:    rec.Column(at + 4).(*array.Uint32).Uint32Values(),
	}, true
}
