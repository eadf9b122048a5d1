package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A table's deduplication log names, for each remembered token, the part that holds
// the rows: "1<TAB>part<TAB>block", or 2 where the token was forgotten. The engine
// writes the line before it commits the part. Killed in between, it would drop the
// repeated insert as known although its rows are nowhere.
const dedupLogs = "store/*/*/deduplication_logs"

// repairDeduplication forgets the tokens under data whose parts are not there. The
// engine must not be running. It gives how many were forgotten.
func repairDeduplication(data string) (int, error) {
	dirs, err := filepath.Glob(filepath.Join(data, dedupLogs))
	if err != nil {
		return 0, err
	}
	forgotten := 0
	for _, dir := range dirs {
		parts, err := listParts(filepath.Dir(dir))
		if err != nil {
			return forgotten, fmt.Errorf("parts of a table: %w", err)
		}
		logs, err := filepath.Glob(filepath.Join(dir, "deduplication_log_*.txt"))
		if err != nil {
			return forgotten, err
		}
		for _, log := range logs {
			n, err := repairLog(log, parts)
			if err != nil {
				return forgotten, fmt.Errorf("deduplication log: %w", err)
			}
			forgotten += n
		}
	}
	return forgotten, nil
}

// part is what the name of a part says: the blocks of inserts it was made from.
type part struct {
	partition string
	min, max  int64
}

var partName = regexp.MustCompile(`^([0-9A-Za-z-]+)_(\d+)_(\d+)_\d+(?:_\d+)?$`)

func parsePart(name string) (part, bool) {
	m := partName.FindStringSubmatch(name)
	if m == nil {
		return part{}, false
	}
	first, errFirst := strconv.ParseInt(m[2], 10, 64)
	last, errLast := strconv.ParseInt(m[3], 10, 64)
	return part{m[1], first, last}, errFirst == nil && errLast == nil
}

// listParts gives the committed parts of a table; others have a prefix like tmp_.
func listParts(table string) ([]part, error) {
	entries, err := os.ReadDir(table)
	if err != nil {
		return nil, err
	}
	var parts []part
	for _, e := range entries {
		if p, ok := parsePart(e.Name()); ok {
			parts = append(parts, p)
		}
	}
	return parts, nil
}

// repairLog rewrites a log without the lines whose part is in none of parts.
func repairLog(path string, parts []part) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	var kept strings.Builder
	forgotten := 0
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 3 || !strings.HasSuffix(line, "\n") {
			forgotten++ // cut off by the end of the engine
			continue
		}
		p, ok := parsePart(fields[1])
		if fields[0] == "1" && ok && !covered(p, parts) {
			forgotten++
			continue
		}
		kept.WriteString(line)
	}
	if forgotten == 0 {
		return 0, nil
	}
	repaired := path + ".repaired"
	if err := os.WriteFile(repaired, []byte(kept.String()), 0o600); err != nil {
		return 0, err
	}
	return forgotten, os.Rename(repaired, path)
}

// covered reports whether p is there, by itself or merged into a larger part.
func covered(p part, parts []part) bool {
	for _, q := range parts {
		if q.partition == p.partition && q.min <= p.min && p.max <= q.max {
			return true
		}
	}
	return false
}
