package anonymize

import (
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"net/netip"
	"regexp"
	"strings"

	"github.com/banshift/banshift/ingest/anonymize/spelling"
)

// fileWords are what is kept of a file's name, jsonKeys of a reject's keys: the formats'
// own words, which are nobody's.
var (
	//go:embed file_words.txt
	fileWordsText string
	//go:embed json_keys.txt
	jsonKeysText string

	fileWords, jsonKeys = setOf(fileWordsText), setOf(jsonKeysText)
)

func setOf(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}

// nameAlphabet has no hexadecimal digit and no vowel, so that a digest is neither taken
// for an address nor for a word.
const nameAlphabet = "ghjkmnpqrstvwxzL"

// digest stands for a name: 48 bits by a key, the same as long as the key is.
func (k *Keys) digest(kind, name string) string {
	mac := hmac.New(sha256.New, k.namesKey())
	mac.Write([]byte(kind + "\x00" + name))
	sum := mac.Sum(nil)
	out := make([]byte, 0, 12)
	for _, b := range sum[:6] {
		out = append(out, nameAlphabet[b>>4], nameAlphabet[b&15])
	}
	return strings.ToLower(string(out))
}

// namesKey is the secret that names are replaced by.
func (k *Keys) namesKey() []byte {
	if k.master != nil {
		return derive(k.master, "names", MasterKeyBytes)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]byte(nil), k.chain.names...)
}

var (
	// dateInName is a date with, where there is one, a time.
	dateInName = regexp.MustCompile(`\b(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])(?:[-_T.]?(?:[01]\d|2[0-3])(?:[-_:.]?[0-5]\d){0,2}Z?)?\b`)
	// timesInName are the hours of a rotated log.
	timesInName = regexp.MustCompile(`\b(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:-(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)?\b`)
	numbered    = regexp.MustCompile(`^[0-9]{1,4}$`)
)

// FileName gives the base name of a file as it may be kept: as it is where all of it is
// dates and words of formats, else a digest by the key and the endings that are such words.
func (k *Keys) FileName(base string) string {
	if base == "" || base == "-" {
		return base
	}
	plain := timesInName.ReplaceAllString(dateInName.ReplaceAllString(base, ""), "")
	numbers := 0
	known := true
	for word := range strings.FieldsFuncSeq(plain, func(r rune) bool { return strings.ContainsRune("._-", r) }) {
		if numbered.MatchString(word) {
			numbers++
			continue
		}
		known = known && fileWords[strings.ToLower(word)]
	}
	if known && numbers <= 2 {
		return base
	}
	return k.digest("file", base) + endings(base)
}

// endings gives the last parts of a name that are words of formats.
func endings(base string) string {
	end := len(base)
	for {
		dot := strings.LastIndexByte(base[:end], '.')
		if dot < 0 || !fileWords[strings.ToLower(base[dot+1:end])] {
			return base[end:]
		}
		end = dot
	}
}

// longestLabel is the longest name of a sensor, a topic or what a sensor calls a flow that
// is kept as it is.
const longestLabel = 64

// Label gives a name of a sensor, a topic or what a sensor calls a flow as it may be kept:
// as it is where no part of it may spell an address, else a digest by the key. home tells addresses that a part
// that could also be a word must not spell; nil: not known.
func (k *Keys) Label(kind, name string, home func(netip.Addr) bool) string {
	if len(name) <= longestLabel && isPlain(name) && !spelling.Word(name, home) {
		return name
	}
	return kind + "-" + k.digest(kind, name)
}

// isPlain accepts printable ASCII.
func isPlain(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' })
}

// labels replaces the names that records carry, each once.
type labels struct {
	keys  *Keys
	kind  string
	home  func(netip.Addr) bool
	pass  map[string]bool // that are kept whatever they spell
	known map[string][]byte
}

// maxLabels bounds how many names are remembered.
const maxLabels = 1 << 14

func newLabels(keys *Keys, kind string, home func(netip.Addr) bool, pass map[string]bool) labels {
	return labels{keys, kind, home, pass, map[string][]byte{}}
}

func (l *labels) of(name []byte) []byte {
	if len(name) == 0 {
		return name
	}
	if label, ok := l.known[string(name)]; ok {
		return label
	}
	if len(l.known) == maxLabels {
		clear(l.known)
	}
	text := string(name)
	label := []byte(text)
	if !l.pass[text] {
		label = []byte(l.keys.Label(l.kind, text, l.home))
	}
	l.known[text] = label
	return label
}
