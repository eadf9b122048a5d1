package blocklist

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"github.com/banshift/banshift/transform/blocking"
)

// zapretDump is a dump in the published form with the cases that occur in it.
const zapretDump = "Updated: 2018-05-05 13:25:00 +0300\n" +
	"198.51.100.7 | 198.51.100.8;shop.example;http://shop.example/;Роскомнадзор;14-РИ;2015-12-04\n" +
	"203.0.112.0/20;;;Генпрокуратура;27-31-2018/Ид2971-18;2018-04-16\r\n" +
	";names-only.example;;ФНС;2-6-27/2017;2017-01-02\n" +
	"192.0.2.1;q.example;\"http://q.example/?a=1;b=\"\"2\"\"\";МВД;1;2016-06-01\n" +
	"2001:db8::5;;;Роскомнадзор;x;2018-01-01\n" +
	"not-an-address;;;Роскомнадзор;x;2018-01-01\n" +
	"too;few\n\n"

func windows1251(t testing.TB, s string) []byte {
	t.Helper()
	b, err := charmap.Windows1251.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestZapret(t *testing.T) {
	l, err := Read(bytes.NewReader(windows1251(t, zapretDump)), Zapret)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2018, 5, 5, 10, 25, 0, 0, time.UTC); !l.Seen.Equal(want) {
		t.Errorf("seen %v, want %v: the offset counts", l.Seen, want)
	}
	if len(l.Entries) != 5 || len(l.Rejects) != 3 {
		t.Fatalf("%d entries and rejects %v, want 5 and 3", len(l.Entries), l.Rejects)
	}
	first := l.Entries[0]
	if len(first.Prefixes) != 2 || first.Prefixes[1] != netip.MustParsePrefix("198.51.100.8/32") ||
		first.Organisation != "Роскомнадзор" || first.Domain != "shop.example" || first.Decree != "14-РИ 2015-12-04" {
		t.Errorf("first entry is %+v", first)
	}
	if got := l.Entries[3].URL; got != `http://q.example/?a=1;b="2"` {
		t.Errorf("quoted URL is %q", got)
	}
	if n := len(l.Prefixes()); n != 5 {
		t.Errorf("%d prefixes, want 5", n)
	}
}

func TestPrefixes(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		want    []string
		rejects int
	}{
		"plain":     {"# list\n192.0.2.0/24\n198.51.100.9 # one\n\n2001:db8::/32\nnonsense\n", []string{"192.0.2.0/24", "198.51.100.9/32", "2001:db8::/32"}, 1},
		"host bits": {"192.0.2.77/24\n", []string{"192.0.2.0/24"}, 0},
		"mapped":    {"::ffff:192.0.2.0/120\n::ffff:192.0.2.9\n", []string{"192.0.2.0/24", "192.0.2.9/32"}, 0},
		"csv":       {"id,Subnet,authority\n1,192.0.2.0/25,X\n2,,Y\n", []string{"192.0.2.0/25"}, 1},
		"csv bare":  {"192.0.2.0/24,x\n192.0.3.0/24,y\n", []string{"192.0.2.0/24", "192.0.3.0/24"}, 0},
		"bom":       {"\ufeff192.0.2.0/24\n", []string{"192.0.2.0/24"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := Read(strings.NewReader(c.text), Prefixes)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range l.Prefixes() {
				got = append(got, p.String())
			}
			if strings.Join(got, " ") != strings.Join(c.want, " ") || len(l.Rejects) != c.rejects {
				t.Errorf("got %v, rejects %v, want %v and %d", got, l.Rejects, c.want, c.rejects)
			}
		})
	}
}

func TestDay(t *testing.T) {
	stated := List{Seen: time.Date(2018, 5, 5, 22, 25, 0, 0, time.UTC)}
	for path, want := range map[string]string{"dump.csv": "2018-05-05", "2018-04-16.csv": "2018-05-05"} {
		if day, ok := stated.DayOf(path); !ok || day.Format(time.DateOnly) != want {
			t.Errorf("a list that states its time, in %s, is of %v", path, day)
		}
	}
	for path, want := range map[string]string{"a/2018-04-16.csv": "2018-04-16", "2018-04-16": "2018-04-16", "2018-13-40.csv": "", "x": "", "blocked-subnets-2018-05-05.csv": ""} {
		day, ok := (&List{}).DayOf(path)
		if ok != (want != "") || ok && day.Format(time.DateOnly) != want {
			t.Errorf("%s is of %v, %v, want %q", path, day, ok, want)
		}
	}
}

func TestSimulatedRows(t *testing.T) {
	l, err := Read(strings.NewReader("prefix,asn,simulated\n192.0.2.0/24,64500,true\n198.51.100.0/24,64501,\n"), Prefixes)
	if err != nil || !l.Entries[0].Simulated || l.Entries[1].Simulated || l.Entries[1].Network != "64501" {
		t.Errorf("got %+v, %v", l.Entries, err)
	}
}

func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		format Format
		text   string
		says   string
	}{
		"empty":        {Zapret, "", "no entry"},
		"wrong format": {Prefixes, "a;b;c\n", "no entry"},
		"no column":    {Prefixes, "id,name\n1,x\n", "no column of prefixes"},
		"bad time":     {Zapret, "Updated: yesterday\n", "time of the dump"},
		"bad json":     {AWS, "{", "address ranges"},
		"unknown":      {Format("xml"), "", "unknown block list format"},
	} {
		if _, err := Read(strings.NewReader(c.text), c.format); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want %q in it", name, err, c.says)
		}
	}
	if _, err := Read(strings.NewReader(""), Prefixes); !errors.Is(err, ErrEmpty) {
		t.Errorf("an empty file: %v", err)
	}
}

// TestRegisterOf2018 reads the subnets that were in the register on 5 May 2018 and
// Amazon's ranges of the month before.
func TestRegisterOf2018(t *testing.T) {
	register := readShared(t, "blocklist/blocked-subnets-2018-05-05.csv", Prefixes)
	amazon := readShared(t, "clouds/aws-ip-ranges-2018-04-05.json", AWS)
	if n := len(register.Prefixes()); n != 74 || len(register.Rejects) != 0 {
		t.Errorf("%d prefixes, rejects %v, want 74", n, register.Rejects)
	}
	blocked, err := blocking.Union(register.Prefixes())
	if err != nil {
		t.Fatal(err)
	}
	ranges, err := blocking.Union(amazon.Prefixes())
	if err != nil {
		t.Fatal(err)
	}
	// Two rows (34.240.0.0/13 and 34.248.0.0/13) lie inside a third (34.192.0.0/10): adding
	// up the rows gives the figures that are quoted, the addresses themselves are fewer.
	for what, c := range map[string][2]uint64{
		"rows added up":                 {blocking.Sum(register.Prefixes()), 15_706_880},
		"addresses":                     {blocked.Count(), 14_658_304},
		"rows added up inside Amazon's": {blocking.SumInside(register.Prefixes(), ranges), 11_010_048},
		"addresses inside Amazon's":     {blocked.Intersect(ranges).Count(), 9_961_472},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %d, want %d", what, c[0], c[1])
		}
	}
	if !register.Seen.IsZero() {
		t.Errorf("the file states no day of observation, got %v", register.Seen)
	}
}

func readShared(t *testing.T, name string, format Format) List {
	t.Helper()
	dir := os.Getenv("BANSHIFT_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, "data", filepath.FromSlash(name)))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s: data/%s is absent", dir, name)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l, err := Read(f, format)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func FuzzRead(f *testing.F) {
	f.Add(windows1251(f, zapretDump), byte(0))
	f.Add([]byte("192.0.2.0/24\n"), byte(1))
	f.Add([]byte("id,prefix\n1,192.0.2.0/24\n"), byte(1))
	f.Add([]byte(`{"createDate":"2018-04-05-18-16-16","prefixes":[{"ip_prefix":"192.0.2.0/24"}]}`), byte(2))
	f.Fuzz(func(t *testing.T, data []byte, kind byte) {
		formats := Formats()
		l, err := Read(bytes.NewReader(data), formats[int(kind)%len(formats)])
		if err != nil {
			return
		}
		for _, p := range l.Prefixes() {
			if !p.IsValid() || p != p.Masked() || p.Addr().Is4In6() {
				t.Fatalf("prefix %v is not in its plain form", p)
			}
		}
		if _, err := blocking.Union(l.Prefixes()); err != nil {
			t.Fatal(err)
		}
	})
}
