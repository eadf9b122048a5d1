// Package audit looks for what must not be where it looks: addresses of clients in all
// spellings, keys, planted canaries, and counts of few clients, also such as follow by
// subtraction. It must never repeat what it found: a finding says where and what kind.
package audit

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/banshift/banshift/ingest/anonymize/spelling"
)

// Finding is one thing that must not be where it is.
type Finding struct {
	Where  string `json:"where"`  // file, or table and column
	Offset int64  `json:"offset"` // bytes from the beginning, behind decompression; -1: of no file
	What   string `json:"what"`
}

// Options say what is looked for.
type Options struct {
	// Home tells the measured clients' addresses; nil: none are known. With it numbers,
	// hexadecimal and base32 are read as addresses, too.
	Home func(netip.Addr) bool
	// Canaries are addresses or texts that were planted.
	Canaries []string
	// Secrets are keys as bytes.
	Secrets [][]byte
	// K is the smallest count of clients that may be shown; 0: counts are not looked at.
	K int
}

// Auditor looks. It is safe for concurrent use.
type Auditor struct {
	home    func(netip.Addr) bool
	needles []needle
	k       int
}

// needle is a text and what finding it means.
type needle struct {
	what  string
	bytes []byte
}

// shortest is the length of the shortest needle: less is found everywhere by chance.
const shortest = 4

// New makes an auditor.
func New(o Options) *Auditor {
	a := &Auditor{home: o.Home, k: o.K}
	for _, secret := range o.Secrets {
		for how, text := range map[string][]byte{
			"as bytes": secret, "in hexadecimal": fmt.Appendf(nil, "%x", secret), "in hexadecimal capitals": fmt.Appendf(nil, "%X", secret),
			"in base64": base64.RawStdEncoding.AppendEncode(nil, secret),
		} {
			a.add("a key, "+how, text)
		}
	}
	for i, canary := range o.Canaries {
		name := fmt.Sprintf("canary %d", i+1)
		addr, err := netip.ParseAddr(canary)
		if err != nil {
			a.add(name, []byte(canary))
			continue
		}
		for how, text := range forms(addr.Unmap()) {
			a.add(name+", "+how, []byte(text))
		}
	}
	return a
}

func (a *Auditor) add(what string, text []byte) {
	if len(text) >= shortest {
		a.needles = append(a.needles, needle{what, text})
	}
}

// forms are the ways to write an address.
func forms(addr netip.Addr) map[string]string {
	raw := addr.AsSlice()
	lower := func(e *base32.Encoding) string {
		return strings.ToLower(e.WithPadding(base32.NoPadding).EncodeToString(raw))
	}
	f := map[string]string{
		"text": addr.String(), "expanded": addr.StringExpanded(), "hexadecimal": hex.EncodeToString(raw), "hexadecimal capitals": strings.ToUpper(hex.EncodeToString(raw)),
		"base32": lower(base32.StdEncoding), "base32 capitals": strings.ToUpper(lower(base32.StdEncoding)), "base32hex": lower(base32.HexEncoding),
		"base64": base64.RawStdEncoding.EncodeToString(raw), "hyphens": strings.NewReplacer(".", "-", "::", "--", ":", "-").Replace(addr.String()),
	}
	if addr.Is6() {
		f["bytes"], f["capitals"] = string(raw), strings.ToUpper(addr.String())
		nibbles := strings.Split(hex.EncodeToString(raw), "")
		var back []string
		for i := range nibbles {
			back = append(back, nibbles[len(nibbles)-1-i])
		}
		f["reversed name"] = strings.Join(back, ".")
		return f
	}
	f["decimal"], f["decimal, bytes swapped"] = fmt.Sprint(binary.BigEndian.Uint32(raw)), fmt.Sprint(binary.LittleEndian.Uint32(raw))
	f["hexadecimal, bytes swapped"] = fmt.Sprintf("%02x%02x%02x%02x", raw[3], raw[2], raw[1], raw[0])
	f["reversed"] = fmt.Sprintf("%d.%d.%d.%d", raw[3], raw[2], raw[1], raw[0])
	f["reversed with hyphens"] = strings.ReplaceAll(f["reversed"], ".", "-")
	f["underscores"] = strings.ReplaceAll(addr.String(), ".", "_")
	f["padded"] = fmt.Sprintf("%03d.%03d.%03d.%03d", raw[0], raw[1], raw[2], raw[3])
	return f
}

const (
	chunkBytes = 1 << 20
	// overlap is more than the longest thing that is looked for.
	overlap = 512
)

// Read looks through bytes.
func (a *Auditor) Read(where string, from io.Reader, found func(Finding)) error {
	buffer := make([]byte, 0, chunkBytes+overlap)
	var at, seen int64 // position of the buffer; up to where was reported
	for {
		n, err := io.ReadFull(from, buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		ended := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !ended {
			return fmt.Errorf("%s: %w", where, err)
		}
		limit := len(buffer) - overlap // what begins behind it is looked at with what follows
		if ended {
			limit = len(buffer)
		}
		a.look(buffer, func(offset int, what string) {
			if position := at + int64(offset); offset < limit && position >= seen {
				found(Finding{where, position, what})
			}
		})
		if ended {
			return nil
		}
		keep := max(0, limit)
		at += int64(keep)
		seen = at
		buffer = append(buffer[:0], buffer[keep:]...)
	}
}

// Text looks through a text that is in no file.
func (a *Auditor) Text(where, text string, found func(Finding)) {
	a.look([]byte(text), func(_ int, what string) { found(Finding{where, -1, what}) })
}

// Name is Text for a value that is a name: nothing in it may spell an address.
func (a *Auditor) Name(where, name string, found func(Finding)) {
	told := false
	a.Text(where, name, func(f Finding) { told = true; found(f) })
	if !told && spelling.Word(name, a.home) {
		found(Finding{where, -1, "a name that spells an address"})
	}
}

func (a *Auditor) look(text []byte, found func(offset int, what string)) {
	for _, n := range a.needles {
		for from := 0; ; {
			i := bytes.Index(text[from:], n.bytes)
			if i < 0 {
				break
			}
			found(from+i, n.what)
			from += i + len(n.bytes)
		}
	}
	if !isText(text) {
		return // two colons are found in any bytes
	}
	spelling.Addresses(string(text), func(begin, end int, addr netip.Addr) bool {
		if isAddress(addr, text[end:]) && !bytes.HasSuffix(text[:begin], []byte("version ")) {
			found(begin, "an address")
		}
		return true
	})
	if a.home == nil {
		return
	}
	for _, at := range token.FindAllIndex(text, -1) {
		if !random.Match(text[at[0]:]) && a.spells(string(text[at[0]:at[1]])) {
			found(at[0], "an address of home, written otherwise")
		}
	}
}

// isText tells text from bytes.
func isText(b []byte) bool {
	odd := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0x1b {
			odd++
		}
	}
	return odd*100 <= len(b)
}

// isAddress leaves out what is nobody's: loopback, and prefixes as servers are kept by.
func isAddress(addr netip.Addr, behind []byte) bool {
	addr = addr.Unmap()
	if addr.IsLoopback() || addr.IsUnspecified() || addr.IsMulticast() {
		return false
	}
	raw := addr.AsSlice()
	if addr.Is4() {
		return raw[3] != 0 && raw[0] != 0 && !prefixLength(behind, 24)
	}
	return len(bytes.Trim(raw[6:], "\x00")) > 0 && !prefixLength(behind, 48)
}

// prefixLength reports /24 and the like.
func prefixLength(behind []byte, most int) bool {
	m := slash.FindSubmatch(behind[:min(len(behind), 5)])
	if m == nil {
		return false
	}
	length, err := strconv.Atoi(string(m[1]))
	return err == nil && length <= most
}

var (
	slash = regexp.MustCompile(`^/(\d{1,3})`)
	token = regexp.MustCompile(`[0-9A-Za-z]{7,32}`)
	// random is a UUID of version 4, RFC 9562 section 5.4: all of its digits are of chance. The engine gives one to each table.
	random = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
)

// spells reads a word as a number, in hexadecimal and in base32, forwards and backwards.
func (a *Auditor) spells(word string) bool {
	var read [][]byte
	if n, err := strconv.ParseUint(word, 10, 32); err == nil {
		read = append(read, binary.BigEndian.AppendUint32(nil, uint32(n)))
	}
	if raw, err := hex.DecodeString(word); err == nil {
		read = append(read, raw)
	}
	for _, alphabet := range []*base32.Encoding{base32.StdEncoding, base32.HexEncoding} {
		if raw, err := alphabet.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(word)); err == nil {
			read = append(read, raw)
		}
	}
	for _, raw := range read {
		addr, ok := netip.AddrFromSlice(raw)
		if !ok {
			continue
		}
		if a.home(addr) {
			return true
		}
		if addr.Is4() {
			if a.home(netip.AddrFrom4([4]byte{raw[3], raw[2], raw[1], raw[0]})) {
				return true
			}
		}
	}
	return false
}
