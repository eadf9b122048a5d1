package blocklist

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// prefixColumns are the names of the column that holds prefixes or addresses.
var prefixColumns = []string{"prefix", "subnet", "cidr", "prefix_or_addr", "address", "ip"}

// prefixes reads a prefix or address a line (# begins a comment), or CSV whose header
// names a column of them; the columns authority or organisation, decree and domain are
// taken too.
func (l *List) prefixes(r io.Reader) error {
	br := bufio.NewReader(r)
	head, err := br.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return fmt.Errorf("block list: %w", err)
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(string(head), "\ufeff"), "\n")
	if strings.Contains(first, ",") {
		if _, err := parsePrefix(strings.Split(first, ",")[0]); err != nil && !strings.HasPrefix(strings.TrimSpace(first), "#") {
			return l.csv(br)
		}
	}
	lines := bufio.NewScanner(br)
	lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "\ufeff"), "#")
		fields := strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ';' || c == ' ' || c == '\t' || c == '\r' })
		if len(fields) == 0 {
			continue
		}
		p, err := parsePrefix(fields[0])
		if err != nil {
			l.reject(n, "neither prefix nor address")
			continue
		}
		e := Entry{}
		e.Prefixes = append(e.Prefixes, p)
		l.Entries = append(l.Entries, e)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("block list: %w", err)
	}
	return nil
}

func (l *List) csv(r io.Reader) error {
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = -1
	rows.LazyQuotes = true
	header, err := rows.Read()
	if err != nil {
		return fmt.Errorf("block list header: %w", err)
	}
	column := map[string]int{}
	for i, name := range header {
		column[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	at := slices.IndexFunc(prefixColumns, func(name string) bool { _, ok := column[name]; return ok })
	if at < 0 {
		return fmt.Errorf("block list header %q: no column of prefixes (one of %s)", strings.Join(header, ","), strings.Join(prefixColumns, ", "))
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("block list: %w", err)
		}
		n, _ := rows.FieldPos(0)
		get := func(names ...string) string {
			for _, name := range names {
				if i, ok := column[name]; ok && i < len(row) {
					return strings.TrimSpace(row[i])
				}
			}
			return ""
		}
		p, err := parsePrefix(get(prefixColumns[at]))
		if err != nil {
			l.reject(n, "neither prefix nor address")
			continue
		}
		e := Entry{
			Domain: get("domain"), Organisation: get("organisation", "authority"),
			Decree:  strings.TrimSpace(get("decree") + " " + get("decree_date")),
			Network: get("asn", "network"), Simulated: get("simulated") == "true",
		}
		e.Prefixes = append(e.Prefixes, p)
		l.Entries = append(l.Entries, e)
	}
}

// aws reads the ranges that Amazon publishes (ip-ranges.json).
func (l *List) aws(r io.Reader) error {
	var ranges struct {
		Created string `json:"createDate"`
		V4      []struct {
			Prefix string `json:"ip_prefix"`
		} `json:"prefixes"`
		V6 []struct {
			Prefix string `json:"ipv6_prefix"`
		} `json:"ipv6_prefixes"`
	}
	if err := json.NewDecoder(r).Decode(&ranges); err != nil {
		return fmt.Errorf("address ranges: %w", err)
	}
	if ranges.Created != "" {
		seen, err := time.Parse("2006-01-02-15-04-05", ranges.Created)
		if err != nil {
			return fmt.Errorf("address ranges: createDate: %w", err)
		}
		l.Seen = seen
	}
	add := func(i int, text string) {
		p, err := parsePrefix(text)
		if err != nil {
			l.reject(i+1, "neither prefix nor address")
			return
		}
		e := Entry{}
		e.Prefixes = append(e.Prefixes, p)
		l.Entries = append(l.Entries, e)
	}
	for i, x := range ranges.V4 {
		add(i, x.Prefix)
	}
	for i, x := range ranges.V6 {
		add(i, x.Prefix)
	}
	return nil
}
