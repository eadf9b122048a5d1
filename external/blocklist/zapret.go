package blocklist

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// Columns of a row of the register's dump.
const (
	zapretAddresses = iota
	zapretDomain
	zapretURL
	zapretOrganisation
	zapretDecree
	zapretDate
	zapretColumns
)

// maxLine is the longest row that is read: some list many thousand addresses.
const maxLine = 16 << 20

// zapret reads dump.csv: a first line "Updated: 2018-05-05 13:25:00 +0000", then rows
// addresses;domain;URL;organisation;decree;date, lists within a column separated by " | ",
// columns with a semicolon in double quotes, all in Windows-1251.
func (l *List) zapret(r io.Reader) error {
	lines := bufio.NewScanner(charmap.Windows1251.NewDecoder().Reader(r))
	lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		if stated, ok := strings.CutPrefix(line, "Updated:"); ok {
			seen, err := time.Parse("2006-01-02 15:04:05 -0700", strings.TrimSpace(stated))
			if err != nil {
				return fmt.Errorf("line %d: time of the dump: %w", n, err)
			}
			l.Seen = seen.UTC()
			continue
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		l.zapretRow(n, splitQuoted(line))
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("block list: %w", err)
	}
	return nil
}

func (l *List) zapretRow(n int, columns []string) {
	if len(columns) < zapretColumns {
		l.reject(n, "fewer than 6 columns")
		return
	}
	e := Entry{
		Domain: columns[zapretDomain], URL: columns[zapretURL], Organisation: columns[zapretOrganisation],
		Decree: strings.TrimSpace(columns[zapretDecree] + " " + columns[zapretDate]),
	}
	for _, field := range strings.Split(columns[zapretAddresses], "|") {
		if strings.TrimSpace(field) == "" {
			continue
		}
		p, err := parsePrefix(field)
		if err != nil {
			l.reject(n, "address that cannot be read")
			continue
		}
		e.Prefixes = append(e.Prefixes, p)
	}
	if len(e.Prefixes) == 0 && e.Domain == "" && e.URL == "" {
		l.reject(n, "neither address nor domain nor URL")
		return
	}
	l.Entries = append(l.Entries, e)
}

// splitQuoted splits at semicolons outside of double quotes; a doubled quote inside
// quotes is one.
func splitQuoted(line string) []string {
	var columns []string
	var b strings.Builder
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"' && quoted && i+1 < len(line) && line[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			columns = append(columns, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return append(columns, b.String())
}
