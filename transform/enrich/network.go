package enrich

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/gaissmai/bart"
	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/banshift/banshift/schemas"
)

// NetworkSource is a file that says which network and country a prefix belongs to: a
// CSV with the header prefix,asn,country[,as_name,type], a MaxMind database (.mmdb), a
// registry's delegations or a routing table.
// Of several sources, later ones fill in what earlier ones leave open.
type NetworkSource struct {
	Path   string
	Format string // csv, mmdb, rir (delegated-extended) or routes (prefix asn); empty: csv or mmdb by the file's name
}

// ASType says what kind of network a server is in.
type ASType uint8

// Types of networks, as the CSV names them.
const (
	ASUnknown  ASType = iota
	ASHosting         // hosting: data centres and clouds
	ASEyeball         // eyeball: access networks of people
	ASBusiness        // business
	ASCDN             // cdn
	ASEducation
)

var asTypeNames = [...]string{"", "hosting", "eyeball", "business", "cdn", "education"}

// String gives the type's name.
func (t ASType) String() string { return asTypeNames[t] }

// ParseASType reads a type's name.
func ParseASType(s string) (ASType, error) {
	for i, name := range asTypeNames {
		if s == name {
			return ASType(i), nil
		}
	}
	return 0, fmt.Errorf("unknown network type %q: one of %s", s, strings.Join(asTypeNames[1:], ", "))
}

// Country is an ISO 3166 code of two letters, the first in the high byte; 0 is unknown.
type Country uint16

// CountryOf reads a code in upper or lower case; anything else is unknown.
func CountryOf(code string) Country {
	if len(code) != 2 {
		return 0
	}
	upper := strings.ToUpper(code)
	return Country(binary.BigEndian.Uint16([]byte(upper)))
}

// String gives the lower-case code, empty where unknown. It does not allocate for letters.
func (c Country) String() string {
	if c == 0 {
		return ""
	}
	high, low := uint(c>>8)-'A', uint(c&0xff)-'A'
	if high >= letters || low >= letters {
		return strings.ToLower(string([]byte{byte(c >> 8), byte(c)}))
	}
	i := 2 * (high*letters + low)
	return codes[i : i+2]
}

const letters = 26

// codes holds all pairs of two letters, in order.
var codes = func() string {
	var all strings.Builder
	for high := 'a'; high <= 'z'; high++ {
		for low := 'a'; low <= 'z'; low++ {
			all.WriteRune(high)
			all.WriteRune(low)
		}
	}
	return all.String()
}()

// network is what is known of a prefix.
type network struct {
	asn     uint32
	country Country
	kind    ASType
}

// fill takes from other what n leaves open.
func (n network) fill(other network) network {
	if n.asn == 0 {
		n.asn, n.kind = other.asn, other.kind
	}
	if n.country == 0 {
		n.country = other.country
	}
	return n
}

// networks are the sources in order. MaxMind data is copied into a table of its own:
// decoding it again for every row would allocate. Fast costs 256 bytes a node more than bart's other
// table; look-ups of servers not seen lately were a third of the stage's time.
type networks []*bart.Fast[network]

func (ns networks) lookup(a netip.Addr) network {
	var n network
	for _, t := range ns {
		if v, ok := t.Lookup(a); ok {
			n = n.fill(v)
		}
	}
	return n
}

func loadNetworks(src NetworkSource, data []byte) (t *bart.Fast[network], err error) {
	format := src.Format
	if format == "" && strings.HasSuffix(src.Path, ".mmdb") {
		format = "mmdb"
	}
	switch format {
	case "mmdb":
		t, err = loadMMDB(data)
	case "", "csv":
		t, err = loadNetworkCSV(data)
	case "rir":
		t, err = loadDelegations(data)
	case "routes":
		t, err = loadRoutes(data)
	default:
		err = fmt.Errorf("unknown format %q: csv, mmdb, rir or routes", format)
	}
	return t, err
}

func loadNetworkCSV(data []byte) (*bart.Fast[network], error) {
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("prefix,")) {
		return nil, errors.New("first line must be the header prefix,asn,country[,as_name,type]")
	}
	t := new(bart.Fast[network])
	err := records(data, []string{"prefix", "asn", "country", "type"}, func(values []string) error {
		p, err := parsePrefix(values[0])
		if err != nil {
			return err
		}
		var n network
		if s := strings.TrimPrefix(strings.ToUpper(values[1]), "AS"); s != "" {
			asn, err := strconv.ParseUint(s, 10, 32)
			if err != nil {
				return fmt.Errorf("asn: %w", err)
			}
			n.asn = uint32(asn)
		}
		if n.country, err = statedCountry(values[2]); err != nil {
			return err
		}
		if n.kind, err = ParseASType(values[3]); err != nil {
			return err
		}
		t.Insert(p.Masked(), n)
		return nil
	})
	return t, err
}

// notStates are codes that registries and databases give where no state is meant, or one that
// has no code of its own: proxies, satellites, Asia and the Pacific, Europe, Tor, Kosovo, unknown.
var notStates = []string{"a1", "a2", "ap", "eu", "o1", "t1", "xk", "xx", "zz"}

// statedCountry reads the code of a file that somebody wrote: a wrong one would lose a country.
func statedCountry(code string) (Country, error) {
	lower, known := schemas.Country(code)
	if lower == "" {
		return 0, nil
	}
	if !known && !slices.Contains(notStates, lower) {
		return 0, fmt.Errorf("country %q: want a code of two letters (ISO 3166-1 alpha-2), as RU", code)
	}
	return CountryOf(lower), nil
}

// loadMMDB reads the fields that MaxMind's ASN, ISP, Country, City and Enterprise
// databases share.
func loadMMDB(data []byte) (*bart.Fast[network], error) {
	db, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	t := new(bart.Fast[network])
	decoded := make(map[uintptr]network)
	for result := range db.Networks() {
		if err := result.Err(); err != nil {
			return nil, err
		}
		n, known := decoded[result.Offset()]
		if !known {
			if n, err = decodeMMDB(result); err != nil {
				return nil, err
			}
			decoded[result.Offset()] = n
		}
		if n == (network{}) {
			continue
		}
		p := result.Prefix()
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		t.Insert(p.Masked(), n)
	}
	return t, nil
}

func decodeMMDB(result maxminddb.Result) (network, error) {
	var rec struct {
		ASN     uint32 `maxminddb:"autonomous_system_number"`
		Country struct {
			ISO string `maxminddb:"iso_code"`
		} `maxminddb:"country"`
		Registered struct {
			ISO string `maxminddb:"iso_code"`
		} `maxminddb:"registered_country"`
	}
	if err := result.Decode(&rec); err != nil {
		return network{}, err
	}
	country := CountryOf(rec.Country.ISO)
	if country == 0 {
		country = CountryOf(rec.Registered.ISO)
	}
	return network{asn: rec.ASN, country: country}, nil
}
