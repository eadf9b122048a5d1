package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/banshift/banshift/ingest/decode/jsonscan"
)

// HeadBytes is how many first bytes [Recognise] wants to see at most.
const HeadBytes = 64 << 10

// maxLooks is how many lines are looked at for a telling one.
const maxLooks = 1000

// ErrEmpty is given for a source without a byte.
var ErrEmpty = errors.New("nothing in it")

// Recognise tells the format by the first bytes of a source, decompressed, and only
// where these leave a doubt by its name. The error says what was tried and how to
// name the format.
func Recognise(head []byte, name string) (Format, error) {
	if len(head) == 0 {
		return "", fmt.Errorf("%s: %w", name, ErrEmpty)
	}
	if f, ok := byMagic(head); ok {
		return f, nil
	}
	if f, ok := byLines(head); ok {
		if strings.HasPrefix(string(f), "zeek-") && isInterimName(filepath.Base(name)) {
			return "", fmt.Errorf("%s is an interim log of Zeek: its connections are written again at their end, into conn.log; leave it out", name)
		}
		return f, nil
	}
	if isDelimitedFlow(head) {
		return Goflow2Protobuf, nil
	}
	if f, ok := byName(head, name); ok {
		return f, nil
	}
	return "", unrecognised(head, name)
}

func unrecognised(head []byte, name string) error {
	looks := "binary data"
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		looks = "UTF-16 text, which has to be UTF-8"
	}
	if i := bytes.IndexByte(head, '\n'); i > 0 && utf8.Valid(head[:i]) || i < 0 && utf8.Valid(head) {
		looks = "text"
		if bytes.HasPrefix(bytes.TrimSpace(head), []byte("{")) {
			looks = "JSON with unknown keys"
		}
	}
	names := make([]string, 0, len(Formats()))
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	return fmt.Errorf("format of %s not recognised (it looks like %s): tried the marks of pcap, pcapng, Parquet, Arrow and Frame Streams, Zeek's header lines, the keys of JSON lines, length-prefixed JSON and length-delimited protobuf; name it with --format, one of %s",
		name, looks, strings.Join(names, ", "))
}

// byMagic knows the formats that begin with a mark of their own.
func byMagic(head []byte) (Format, bool) {
	switch {
	case isPcap(head):
		return Pcap, true
	case bytes.HasPrefix(head, []byte("PAR1")):
		return Parquet, true
	case bytes.HasPrefix(head, []byte("ARROW1")):
		return Arrow, true
	case isArrowStream(head):
		return Arrow, true
	case isFrameStream(head):
		return Dnstap, true
	}
	return "", false
}

// isPcap knows pcap in both byte orders with micro- and nanoseconds, Kuznetzov's
// variant, and pcapng (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng).
func isPcap(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	switch binary.BigEndian.Uint32(b) {
	case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0xa1b2cd34, 0x34cdb2a1:
		return true
	case 0x0a0d0d0a:
		if len(b) < 12 {
			return false
		}
		order := binary.BigEndian.Uint32(b[8:])
		return order == 0x1a2b3c4d || order == 0x4d3c2b1a
	}
	return false
}

// isArrowStream knows the continuation mark and the length of the schema message
// (Arrow columnar format, "Encapsulated message format").
func isArrowStream(b []byte) bool {
	if len(b) < 8 || binary.LittleEndian.Uint32(b) != 0xffffffff {
		return false
	}
	n := binary.LittleEndian.Uint32(b[4:])
	return n > 0 && n%8 == 0 && n < 1<<24
}

// isFrameStream knows a control frame READY or START (Frame Streams specification).
func isFrameStream(b []byte) bool {
	if len(b) < 12 || binary.BigEndian.Uint32(b) != 0 {
		return false
	}
	n, kind := binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	return n >= 4 && n <= 512 && (kind == 2 || kind == 4)
}

// byLines looks for a telling line: a header of Zeek or an object with known keys.
func byLines(head []byte) (Format, bool) {
	var log zeekHeader
	var detail Format // what a record of a detail log says, unless connections are met too
	rest := trimMark(head)
	for n := 0; n < maxLooks && len(rest) > 0; n++ {
		text := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			text, rest = rest[:i], rest[i+1:]
		} else {
			rest = nil
		}
		text = bytes.TrimSpace(text)
		if len(text) == 0 {
			continue
		}
		if text[0] == '#' {
			if f, ok := log.line(trimEnd(text)); ok {
				return f, true
			}
			continue
		}
		object, prefixed := cutLength(text)
		if len(object) == 0 || object[0] != '{' {
			continue
		}
		f, ok := byKeys(object)
		switch {
		case !ok || prefixed && f != NDPId:
		case f == ZeekSSL || f == ZeekTunnel || f == ZeekSOCKS:
			if detail == "" {
				detail = f
			}
		case detail != "" && f != ZeekConn:
		default:
			return f, true
		}
	}
	return detail, detail != ""
}

// cutLength removes the decimal length that nDPId writes before an object.
func cutLength(text []byte) (object []byte, prefixed bool) {
	n := 0
	for n < len(text) && text[n]-'0' <= 9 {
		n++
	}
	return text[n:], n > 0
}

// zeekHeader collects what header lines say until they tell the log.
type zeekHeader struct {
	sep  []byte
	path string
}

func (h *zeekHeader) line(text []byte) (Format, bool) {
	if value, ok := bytes.CutPrefix(text, []byte("#separator ")); ok {
		h.sep = unescapeZeek(nil, value)
		return "", false
	}
	if len(h.sep) == 0 {
		h.sep = []byte{'\t'}
	}
	if path, ok := bytes.CutPrefix(text, append([]byte("#path"), h.sep...)); ok {
		h.path = string(path)
		return "", false
	}
	fields, ok := bytes.CutPrefix(text, append([]byte("#fields"), h.sep...))
	if !ok {
		return "", false
	}
	told, f := kindOfPath([]byte(h.path))
	if told == zeekRead || h.path != "" && told == zeekInterim {
		return f, told == zeekRead
	}
	return zeekByColumns(setOf(strings.Split(string(fields), string(h.sep))))
}

// zeekByColumns tells the logs apart by columns that only one of them has.
func zeekByColumns(keys map[string]bool) (Format, bool) {
	switch {
	case !keys["id.orig_h"] && !keys["id_orig_h"]:
		return "", false
	case keys["conn_state"]:
		return ZeekConn, true
	case keys["trans_id"] || keys["qtype_name"]:
		return ZeekDNS, true
	case keys["tunnel_type"]:
		return ZeekTunnel, true
	case keys["ssl_history"] || keys["established"] && keys["resumed"]:
		return ZeekSSL, true
	case keys["request_p"] || keys["bound_p"]:
		return ZeekSOCKS, true
	}
	return "", false
}

// byKeys tells a JSON format by the keys of one object, which may be cut.
func byKeys(object []byte) (Format, bool) {
	keys := map[string]bool{}
	var s jsonscan.Scanner
	for s.Reset(object); s.Next(); {
		keys[string(s.Key())] = true
		if string(s.Key()) == "_path" {
			told, f := kindOfPath(s.Text())
			return f, told == zeekRead
		}
		if string(s.Key()) == "id" && s.Value().Kind() == jsonscan.Object {
			var ends jsonscan.Scanner
			for ends.Reset(s.Value().Raw()); ends.Next(); {
				keys["id."+string(ends.Key())] = true
			}
		}
		if told, f := kindOfPath(s.Key()); told == zeekRead && s.Value().Kind() == jsonscan.Object {
			var inner jsonscan.Scanner
			for inner.Reset(s.Value().Raw()); inner.Next(); {
				if string(inner.Key()) == "id.orig_h" || string(inner.Key()) == "id_orig_h" {
					return f, true
				}
			}
		}
	}
	for _, k := range []string{"flow_event_id", "packet_event_id", "daemon_event_id", "error_event_id"} {
		if keys[k] {
			return NDPId, true
		}
	}
	switch {
	case keys["dnstap"] && keys["dns"], keys["dnstap.operation"]:
		return DNSCollectorJSON, true
	case keys["ip_src"] || keys["ip_dst"]:
		return PmacctJSON, true
	case keys["event_type"] && keys["timestamp"]:
		return SuricataEVE, true
	case keys["src_addr"] || keys["SrcAddr"], keys["sampler_address"] && keys["time_received_ns"]:
		return Goflow2JSON, true
	}
	return zeekByColumns(keys)
}

// byName takes a Zeek log without header for what it is called, if its first line
// fits the default columns of that log.
func byName(head []byte, name string) (Format, bool) {
	base := filepath.Base(name)
	first, _, _ := bytes.Cut(trimMark(head), []byte{'\n'})
	for _, f := range []Format{ZeekConn, ZeekDNS, ZeekSSL, ZeekTunnel, ZeekSOCKS} {
		kind := strings.TrimPrefix(string(f), "zeek-")
		after, ok := strings.CutPrefix(base, kind)
		if !ok || after != "" && (after[0]|0x20 >= 'a' && after[0]|0x20 <= 'z') {
			continue
		}
		z := newZeekLog(f)
		if z.readTSV(trimEnd(first)) != "" || isInterimName(base) {
			continue
		}
		if _, isTime := parseTime(z.row.cells[zTS]); isTime {
			return f, true
		}
	}
	return "", false
}
