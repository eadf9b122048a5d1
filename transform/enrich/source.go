package enrich

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ListSource is one file with addresses, prefixes or names and what they mean.
type ListSource struct {
	// Name appears in explanations; empty: the file's name.
	Name string
	// Path is the file; Data replaces it where the list is in memory.
	Path string
	Data []byte
	// Format is csv, prefixes, tor-nodes, tor-consensus, onionoo, ndpi-providers, v2fly,
	// domains, aws, google, or empty: recognised by looking.
	Format string
	// Tool, Service and Category label entries of formats that carry none.
	Tool, Service, Category string
	// Kind is needed for formats that do not imply it.
	Kind Kind
	// Share of a prefix that is the tool, for formats that carry none; 0 is unknown.
	Share float32
	// AsOf is the state that the list describes. Entries hold from ValidFrom (zero: AsOf)
	// until ValidTo (zero: no stated end, then age lowers their weight).
	AsOf, ValidFrom, ValidTo time.Time
	// Versions are the states of a list that is fetched again and again, oldest first; then
	// each entry holds as its states say, and Data and AsOf are not used.
	Versions []Version
}

// List formats.
const (
	FormatCSV           = "csv"            // prefix_or_addr[,port][,proto],tool,service,category,kind,share,valid_from,valid_to with a header
	FormatPrefixes      = "prefixes"       // one address or prefix a line, # comments (X4BNet, dibdot)
	FormatTorNodes      = "tor-nodes"      // fingerprint, ipaddr, port
	FormatNDPIProviders = "ndpi-providers" // list,prefix,ndpi_protocol
	FormatV2Fly         = "v2fly"          // domain-list-community; includes are files in its folder
	FormatDomains       = "domains"        // one exact name a line
	FormatAWS           = "aws"            // ip-ranges.json
	FormatGoogle        = "google"         // goog.json, cloud.json
	FormatTorConsensus  = "tor-consensus"  // network-status-consensus-3, carries its own validity
	FormatOnionoo       = "onionoo"        // Onionoo's details document, likewise
)

// where names the source in an error.
func (src *ListSource) where() string {
	if src.Path != "" {
		return src.Path
	}
	return src.Name
}

// load reads src into b.
func (b *builder) load(src ListSource) error {
	if len(src.Versions) > 0 {
		return b.loadHistory(src)
	}
	data := src.Data
	if data == nil {
		var err error
		if data, err = b.read(src.Path); err != nil {
			return fmt.Errorf("list: %w", err)
		}
	}
	if src.Name == "" {
		src.Name = filepath.Base(src.Path)
	}
	if src.Format == "" {
		src.Format = recognise(data)
	}
	sum := sha256.Sum256(data)
	r := &reader{builder: b, src: src, list: uint16(len(b.lists.info)), times: map[string]int64{}}
	b.lists.info = append(b.lists.info, ListInfo{Name: src.Name, SHA256: hex.EncodeToString(sum[:6])})
	if err := r.read(data); err != nil {
		return fmt.Errorf("list %s (%s): %w", src.where(), src.Format, err)
	}
	info := &b.lists.info[r.list]
	info.AsOf, info.Entries, info.Skipped = r.src.AsOf, r.entries, r.skipped
	if r.entries == 0 {
		return fmt.Errorf("list %s (%s): no entries; check the format", src.where(), src.Format)
	}
	return nil
}

func recognise(data []byte) string {
	line := firstLine(data)
	switch {
	case strings.HasPrefix(line, "{") && bytes.Contains(data, []byte(`"ip_prefix"`)):
		return FormatAWS
	case strings.HasPrefix(line, "{") && bytes.Contains(data, []byte(`"ipv4Prefix"`)):
		return FormatGoogle
	case strings.HasPrefix(line, "{") && bytes.Contains(data, []byte(`"relays_published"`)):
		return FormatOnionoo
	case strings.HasPrefix(line, "@type network-status-"), strings.HasPrefix(line, "network-status-version 3"):
		return FormatTorConsensus
	case strings.HasPrefix(line, "list,prefix,ndpi_protocol"):
		return FormatNDPIProviders
	case strings.HasPrefix(line, "fingerprint,"):
		return FormatTorNodes
	case strings.HasPrefix(line, "prefix,") || strings.HasPrefix(line, "prefix_or_addr,"):
		return FormatCSV
	}
	for raw := range bytes.Lines(data) {
		field := firstField(string(raw))
		if field == "" {
			continue
		}
		if _, err := parsePrefix(field); err == nil {
			return FormatPrefixes
		}
		return FormatV2Fly
	}
	return FormatPrefixes
}

// firstLine is the first line that is neither empty nor a comment.
func firstLine(data []byte) string {
	for raw := range bytes.Lines(data) {
		if line := strings.TrimSpace(string(raw)); line != "" && line[0] != '#' {
			return line
		}
	}
	return ""
}

// reader reads one source.
type reader struct {
	*builder
	src              ListSource
	list             uint16
	entries, skipped int
	times            map[string]int64 // ms of the texts read so far
	history          *history         // where the list has states; else nil
}

func (r *reader) read(data []byte) error {
	switch r.src.Format { // that carry their own date
	case FormatAWS:
		return r.aws(data)
	case FormatTorConsensus:
		return r.torConsensus(data)
	case FormatOnionoo:
		return r.onionoo(data)
	}
	if err := r.needDate(); err != nil {
		return err
	}
	switch r.src.Format {
	case FormatCSV:
		return r.csv(data)
	case FormatPrefixes:
		return r.plain(data, r.prefix)
	case FormatDomains:
		return r.plain(data, func(s string) error { return r.name(s, true) })
	case FormatTorNodes:
		return r.torNodes(data)
	case FormatNDPIProviders:
		return r.ndpiProviders(data)
	case FormatV2Fly:
		return r.v2fly(data, map[string]bool{filepath.Base(r.src.Path): true})
	case FormatGoogle:
		return r.google(data)
	}
	return fmt.Errorf("unknown format %q", r.src.Format)
}

// needDate refuses a list without a date: it would match flows of any year.
func (r *reader) needDate() error {
	if r.src.AsOf.IsZero() && r.src.ValidFrom.IsZero() {
		return errors.New("no date: state as_of, the day whose state the list describes")
	}
	if r.src.AsOf.IsZero() {
		r.src.AsOf = r.src.ValidFrom
	}
	if r.src.ValidFrom.IsZero() {
		r.src.ValidFrom = r.src.AsOf
	}
	return nil
}

// base is the entry that the source's own labels make.
func (r *reader) base() Entry {
	e := Entry{
		List: r.list, Kind: r.src.Kind, Share: r.src.Share,
		Tool: r.src.Tool, Service: r.src.Service, Category: r.src.Category,
		ValidFrom: r.src.ValidFrom.UnixMilli(), ValidTo: forever, AsOf: r.src.AsOf.UnixMilli(),
	}
	if !r.src.ValidTo.IsZero() {
		e.ValidTo = r.src.ValidTo.UnixMilli()
	}
	return e
}

func (r *reader) add(p netip.Prefix, e Entry) error {
	if e.Kind == 0 {
		return errors.New("no kind: state one of vpn, datacentre, cloud, tor, doh, provider")
	}
	r.entries++
	if r.history != nil {
		r.history.note(statement{prefix: p, entry: e})
		return nil
	}
	r.addPrefix(p, e)
	return nil
}

func (r *reader) prefix(s string) error {
	p, err := parsePrefix(s)
	if err != nil {
		return err
	}
	e := r.base()
	e.Exact = p.IsSingleIP()
	return r.add(p, e)
}

func (r *reader) name(s string, exact bool) error {
	e := r.base()
	if e.Kind == 0 {
		return errors.New("no kind: state one of vpn, doh, provider")
	}
	r.entries++
	if r.history != nil {
		r.history.note(statement{name: s, exact: exact, entry: e})
		return nil
	}
	return r.addName(s, exact, e)
}

// plain calls each for the first field of every line that has one.
func (r *reader) plain(data []byte, each func(string) error) error {
	n := 0
	for raw := range bytes.Lines(data) {
		n++
		field := firstField(string(raw))
		if field == "" {
			continue
		}
		if err := each(field); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return nil
}

func firstField(line string) string {
	line, _, _ = strings.Cut(line, "#")
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return ""
	}
	return fields[0]
}

func parsePrefix(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return netip.Prefix{}, err
		}
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96), nil
		}
		return p, nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// records reads a CSV with a header and gives the named columns of each row, in the
// order of their names; a column that is not there is empty. The values are valid until
// the next row.
func records(data []byte, columns []string, each func(values []string) error) error {
	cr := csv.NewReader(bytes.NewReader(data))
	cr.TrimLeadingSpace = true
	cr.Comment = '#'
	cr.FieldsPerRecord, cr.ReuseRecord = -1, true
	header, err := cr.Read()
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	at := make([]int, len(columns)) // -1: not there
	for c := range columns {
		at[c] = slices.IndexFunc(header, func(h string) bool { return strings.ToLower(strings.TrimSpace(h)) == columns[c] })
	}
	values := make([]string, len(columns))
	for {
		row, err := cr.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for c, i := range at {
			values[c] = ""
			if i >= 0 && i < len(row) {
				values[c] = strings.TrimSpace(row[i])
			}
		}
		if err := each(values); err != nil {
			line, _ := cr.FieldPos(0)
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}

// csvColumns are the columns of [FormatCSV]. kind says "exact" or "prefix"; what the
// entries are comes from list_kind, from kind where it holds such a word, or from the source.
var csvColumns = []string{
	"prefix_or_addr", "prefix", "port", "proto", "tool", "service", "category", "kind", "list_kind", "share", "valid_from", "valid_to",
}

// csvRow is a row of them.
type csvRow struct {
	subject, prefix, port, proto, tool, service, category, kind, listKind, share, validFrom, validTo string
}

func csvRowOf(v []string) csvRow {
	return csvRow{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11]}
}

// csv reads the project's own format, the only one that states everything itself.
func (r *reader) csv(data []byte) error {
	return records(data, csvColumns, func(values []string) error {
		row := csvRowOf(values)
		e, err := r.csvEntry(&row)
		if err != nil {
			return err
		}
		p, err := parsePrefix(cmp.Or(row.subject, row.prefix))
		if err != nil {
			return err
		}
		e.Exact = row.kind == "exact" || p.IsSingleIP() && row.kind != "prefix"
		return r.add(p, e)
	})
}

func (r *reader) csvEntry(row *csvRow) (Entry, error) {
	e := r.base()
	e.Tool = cmp.Or(row.tool, e.Tool)
	e.Service = cmp.Or(row.service, e.Service)
	e.Category = cmp.Or(row.category, e.Category)
	for _, name := range []string{row.listKind, row.kind} {
		if k := kindNamed(name); k != 0 {
			e.Kind = k
		}
	}
	if e.Kind == 0 {
		e.Kind = kindOf(&e)
	}
	var err error
	if row.port != "" {
		n, portErr := strconv.ParseUint(row.port, 10, 16)
		err = errors.Join(err, portErr)
		e.Port = uint16(n)
	}
	if row.proto != "" {
		n, protoErr := parseProtocol(row.proto)
		err = errors.Join(err, protoErr)
		e.Protocol = n
	}
	if row.share != "" {
		f, shareErr := strconv.ParseFloat(row.share, 32)
		if shareErr != nil || math.IsNaN(f) || f < 0 || f > 1 {
			err = errors.Join(err, fmt.Errorf("share %q: not in 0 to 1", row.share))
		}
		e.Share = float32(f)
	}
	err = errors.Join(err, r.csvTime(row.validFrom, &e.ValidFrom), r.csvTime(row.validTo, &e.ValidTo))
	if row.validFrom != "" {
		e.AsOf = max(e.AsOf, e.ValidFrom)
	}
	return e, err
}

// kindOf is the kind that an entry's own labels imply, 0 where they imply none.
func kindOf(e *Entry) Kind {
	switch {
	case e.Tool == "tor":
		return KindTor
	case e.Category == "vpn":
		return KindVPN
	case e.Category == "encrypted_dns":
		return KindDoH
	case e.Tool != "" || e.Service != "":
		return KindProvider
	}
	return 0
}

// csvTime reads a time. A list has few distinct ones: each is parsed once.
func (r *reader) csvTime(s string, dst *int64) error {
	if s == "" {
		return nil
	}
	ms, known := r.times[s]
	if !known {
		t, err := ParseTime(s)
		if err != nil {
			return err
		}
		ms = t.UnixMilli()
		r.times[s] = ms
	}
	*dst = ms
	return nil
}

// ParseTime reads a UTC date or an RFC 3339 time.
func ParseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("time %q: neither 2006-01-02 nor RFC 3339", s)
	}
	return t.UTC(), nil
}

func parseProtocol(s string) (uint8, error) {
	switch strings.ToLower(s) {
	case "tcp":
		return 6, nil
	case "udp":
		return 17, nil
	}
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("protocol %q: tcp, udp or a number", s)
	}
	return uint8(n), nil
}

// torNodes reads fingerprint, ipaddr, port: a relay's ORPort is TCP by definition.
func (r *reader) torNodes(data []byte) error {
	return records(data, []string{"ipaddr", "port"}, func(values []string) error {
		p, err := parsePrefix(values[0])
		if err != nil {
			return err
		}
		port, err := strconv.ParseUint(values[1], 10, 16)
		if err != nil {
			return fmt.Errorf("port: %w", err)
		}
		e := r.base()
		e.Kind, e.Tool, e.Category, e.Exact = KindTor, "tor", "anonymity", true
		e.Port, e.Protocol = uint16(port), 6
		return r.add(p, e)
	})
}

// ndpiProviders maps nDPI's list names to what this project calls them; ranges of
// services that have nothing to do with the question are skipped.
func (r *reader) ndpiProviders(data []byte) error {
	return records(data, []string{"list", "prefix"}, func(values []string) error {
		meaning, known := ndpiMeaning(values[0])
		if !known {
			r.skipped++
			return nil
		}
		p, err := parsePrefix(values[1])
		if err != nil {
			return err
		}
		e := r.base()
		e.Kind, e.Tool, e.Service, e.Category = meaning.Kind, meaning.Tool, meaning.Service, meaning.Category
		e.Exact = p.IsSingleIP() && meaning.Kind != KindCloud
		return r.add(p, e)
	})
}

func ndpiMeaning(list string) (Entry, bool) {
	switch list {
	case "mullvad", "nordvpn", "surfshark":
		return Entry{Kind: KindVPN, Tool: "vpn", Service: list, Category: "vpn"}, true
	case "protonvpn_in": // the addresses that clients connect to; protonvpn_out is where they come out
		return Entry{Kind: KindVPN, Tool: "vpn", Service: "protonvpn", Category: "vpn"}, true
	case "tor": // relay addresses without their ports
		return Entry{Kind: KindTor, Tool: "tor", Category: "anonymity"}, true
	case "asn_telegram":
		return Entry{Kind: KindProvider, Tool: "telegram", Service: "telegram", Category: "messenger"}, true
	case "amazon_aws", "azure", "google_cloud", "cloudflare", "cachefly", "asn_alibaba", "asn_edgecast", "asn_yandex_cloud":
		return Entry{Kind: KindCloud}, true
	}
	return Entry{}, false
}

// v2fly reads a domain list of the domain-list-community project: "include:", "full:"
// and "domain:" are used; "keyword:" and "regexp:" are not, because they match parts of labels.
func (r *reader) v2fly(data []byte, seen map[string]bool) error {
	sc := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; sc.Scan(); n++ {
		field := firstField(sc.Text())
		if field == "" {
			continue
		}
		if err := r.v2flyLine(field, seen); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return sc.Err()
}

func (r *reader) v2flyLine(field string, seen map[string]bool) error {
	verb, rest, found := strings.Cut(field, ":")
	if !found {
		return r.name(field, false)
	}
	switch verb {
	case "domain":
		return r.name(rest, false)
	case "full":
		return r.name(rest, true)
	case "keyword", "regexp":
		r.skipped++
		return nil
	case "include":
		return r.v2flyInclude(rest, seen)
	}
	return fmt.Errorf("unknown entry %q", field)
}

func (r *reader) v2flyInclude(name string, seen map[string]bool) error {
	if name != filepath.Base(name) {
		return fmt.Errorf("include %q: only files in the folder of the list", name)
	}
	if seen[name] {
		return nil
	}
	seen[name] = true
	data, err := r.builder.read(filepath.Join(filepath.Dir(r.src.Path), name))
	if errors.Is(err, fs.ErrNotExist) {
		r.skipped++
		return nil
	}
	if err != nil {
		return fmt.Errorf("include: %w", err)
	}
	return r.v2fly(data, seen)
}

// aws reads Amazon's ip-ranges.json, which carries its own date.
func (r *reader) aws(data []byte) error {
	var doc struct {
		CreateDate string `json:"createDate"`
		Prefixes   []struct {
			Prefix string `json:"ip_prefix"`
		} `json:"prefixes"`
		IPv6 []struct {
			Prefix string `json:"ipv6_prefix"`
		} `json:"ipv6_prefixes"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return err
	}
	if r.src.AsOf.IsZero() {
		if t, err := time.Parse("2006-01-02-15-04-05", doc.CreateDate); err == nil {
			r.src.AsOf = t
		}
	}
	if err := r.needDate(); err != nil {
		return err
	}
	for _, p := range doc.Prefixes {
		if err := r.cloud(p.Prefix); err != nil {
			return err
		}
	}
	for _, p := range doc.IPv6 {
		if err := r.cloud(p.Prefix); err != nil {
			return err
		}
	}
	return nil
}

// google reads goog.json and cloud.json.
func (r *reader) google(data []byte) error {
	var doc struct {
		Prefixes []struct {
			V4 string `json:"ipv4Prefix"`
			V6 string `json:"ipv6Prefix"`
		} `json:"prefixes"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return err
	}
	for _, p := range doc.Prefixes {
		if err := r.cloud(p.V4 + p.V6); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) cloud(s string) error {
	p, err := parsePrefix(s)
	if err != nil {
		return err
	}
	e := r.base()
	e.Kind = KindCloud
	return r.add(p, e)
}
