package decode

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"strings"

	"github.com/banshift/banshift/ingest/decode/jsonscan"
	"github.com/banshift/banshift/ingest/record"
)

// zeekColumn is a column of Zeek's logs that means something here.
type zeekColumn int8

const (
	zIgnored zeekColumn = iota
	zTS
	zOrigH
	zOrigP
	zRespH
	zRespP
	zProto
	zIPProto
	zService
	zDuration
	zOrigBytes
	zRespBytes
	zConnState
	zHistory
	zOrigPkts
	zRespPkts
	zOrigIPBytes
	zRespIPBytes
	zVersion
	zCipher
	zServerName
	zNextProtocol
	zEstablished
	zJA4
	zTunnelType
	zAction
	zQuery
	zQType
	zRcode
	zRTT
	zAnswers
	zPeer
	zSimulated
	zUID
	zPath
	zOnlyDNS   // columns that tell the log and say nothing else here
	zOnlySSL   //
	zOnlySOCKS //
	zForeign   // of logs that look like one that is read
	numZeekColumns
)

var zeekColumns = map[string]zeekColumn{
	"ts": zTS, "id.orig_h": zOrigH, "id.orig_p": zOrigP, "id.resp_h": zRespH, "id.resp_p": zRespP,
	"id_orig_h": zOrigH, "id_orig_p": zOrigP, "id_resp_h": zRespH, "id_resp_p": zRespP,
	"proto": zProto, "ip_proto": zIPProto, "service": zService, "duration": zDuration,
	"orig_bytes": zOrigBytes, "resp_bytes": zRespBytes, "conn_state": zConnState, "history": zHistory,
	"orig_pkts": zOrigPkts, "resp_pkts": zRespPkts, "orig_ip_bytes": zOrigIPBytes, "resp_ip_bytes": zRespIPBytes,
	"version": zVersion, "cipher": zCipher, "server_name": zServerName, "next_protocol": zNextProtocol,
	"established": zEstablished, "ja4": zJA4, "tunnel_type": zTunnelType, "action": zAction,
	"query": zQuery, "qtype": zQType, "rcode": zRcode, "rtt": zRTT, "answers": zAnswers,
	"_system_name": zPeer, "simulated": zSimulated, "uid": zUID, "_path": zPath,
	"trans_id": zOnlyDNS, "qtype_name": zOnlyDNS, "rcode_name": zOnlyDNS,
	"resumed": zOnlySSL, "ssl_history": zOnlySSL, "curve": zOnlySSL,
	"request_p": zOnlySOCKS, "bound_p": zOnlySOCKS, "request.host": zOnlySOCKS, "bound.host": zOnlySOCKS,
	"note": zForeign, "analyzer": zForeign, "facility": zForeign, "failure_reason": zForeign, "method": zForeign,
	"auth_attempts": zForeign, "kex_alg": zForeign, "client_initial_dcid": zForeign, "fuid": zForeign,
}

// zeekLayout is the default order of a log's columns (Zeek 7,
// https://docs.zeek.org/en/master/logs/), for logs without header. Later versions
// appended columns: a line may end after the first `fewest`, and may go on.
type zeekLayout struct {
	columns string
	fewest  int
}

var zeekLayouts = map[Format]zeekLayout{
	ZeekConn:   {"ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents ip_proto", 20},
	ZeekDNS:    {"ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto trans_id rtt query qclass qclass_name qtype qtype_name rcode rcode_name AA TC RD RA Z answers TTLs rejected", 24},
	ZeekSSL:    {"ts uid id.orig_h id.orig_p id.resp_h id.resp_p version cipher curve server_name resumed last_alert next_protocol established", 14},
	ZeekTunnel: {"ts uid id.orig_h id.orig_p id.resp_h id.resp_p tunnel_type action", 8},
	ZeekSOCKS:  {"ts uid id.orig_h id.orig_p id.resp_h id.resp_p version user password status request.host request.name request_p bound.host bound.name bound_p", 16},
}

// zeekRow is one row; nil is unset.
type zeekRow struct {
	cells   [numZeekColumns][]byte
	answers []netip.Addr
}

// zeekLog reads TSV with or without header, and JSON lines, of one log or of several in
// one stream. As a [Message] it reads JSON and header-less TSV.
type zeekLog struct {
	kind    Format // of the source
	told    zeekKind
	of      Format       // what the header's path says, with told
	details *zeekDetails // nil: messages stand alone
	columns []zeekColumn
	fewest  int  // columns that a line must have
	named   bool // by a header: a line must not have more
	sep     []byte
	setSep  []byte
	empty   []byte
	unset   []byte
	row     zeekRow
	scan    jsonscan.Scanner
	tagged  jsonscan.Scanner // what an object with the log's name holds
	nested  jsonscan.Scanner
	scratch []byte
	flow    record.Flow
	dns     record.DNS
}

func newZeekLog(kind Format) *zeekLog {
	z := &zeekLog{kind: kind}
	z.header()
	z.layout(kind)
	return z
}

// layout takes the default columns of a log.
func (z *zeekLog) layout(kind Format) {
	z.columns, z.fewest, z.named = columnsOf(strings.Fields(zeekLayouts[kind].columns)), zeekLayouts[kind].fewest, false
}

// header sets what holds until header lines say otherwise.
func (z *zeekLog) header() {
	z.sep, z.setSep, z.empty, z.unset = []byte{'\t'}, []byte{','}, []byte("(empty)"), []byte("-")
}

func columnsOf(names []string) []zeekColumn {
	columns := make([]zeekColumn, len(names))
	for i, n := range names {
		columns[i] = zeekColumns[n]
	}
	return columns
}

// Decode implements [Message].
func (z *zeekLog) Decode(msg []byte, position int64, sink record.Sink) {
	msg = trimMark(msg)
	text := bytes.TrimLeft(msg, " ")
	switch {
	case len(bytes.TrimSpace(msg)) == 0:
		z.skip(blank, position, sink)
	case text[0] == '#':
		z.headerLine(msg)
		z.skip("header or comment line", position, sink)
	case text[0] != '{' && z.told > zeekRead:
		z.skip(z.told.skipped(), position, sink)
	case text[0] == '{':
		if err := z.readJSON(msg); err != nil {
			z.reject(err.Error(), msg, position, sink)
			return
		}
		told, of := z.kindOfRow()
		if path := z.row.cells[zPath]; path != nil {
			told, of = kindOfPath(path)
		}
		z.emitAs(told, of, msg, position, sink)
	default:
		if reason := z.readTSV(msg); reason != "" {
			z.reject(reason, msg, position, sink)
			return
		}
		told, of := z.told, z.of
		if told == zeekUntold {
			told, of = zeekRead, z.kind
		}
		z.emitAs(told, of, msg, position, sink)
	}
}

// skipped is why records of such a log are skipped.
func (k zeekKind) skipped() string {
	if k == zeekInterim {
		return interimElsewhere
	}
	return "log that carries neither flows nor look-ups"
}

// emitAs hands the row to the sink as one of the log that it is of.
func (z *zeekLog) emitAs(told zeekKind, of Format, msg []byte, position int64, sink record.Sink) {
	switch told {
	case zeekUntold:
		z.reject("not a record of zeek", msg, position, sink)
	case zeekRead:
		z.emit(of, msg, position, sink)
	default:
		z.skip(told.skipped(), position, sink)
	}
}

func (z *zeekLog) skip(reason string, position int64, sink record.Sink) {
	if z.details == nil {
		sink.Skip(reason, position)
		return
	}
	z.details.skip(reason, position, sink)
}

func (z *zeekLog) reject(reason string, raw []byte, position int64, sink record.Sink) {
	if z.details == nil {
		sink.Reject(reason, raw, position)
		return
	}
	z.details.reject(reason, raw, position, sink)
}

// flush gives the details whose connection did not come.
func (z *zeekLog) flush(position int64, sink record.Sink) { z.details.flush(position, sink) }

// headerLine takes "#separator \x09" and the like; other # lines are comments.
func (z *zeekLog) headerLine(text []byte) {
	if value, ok := bytes.CutPrefix(text, []byte("#separator ")); ok {
		z.header()
		z.told = zeekUntold
		z.layout(z.kind)
		if sep := unescapeZeek(nil, value); len(sep) > 0 {
			z.sep = sep
		}
		return
	}
	name, value, ok := bytes.Cut(text, z.sep)
	if !ok {
		return
	}
	switch string(name) {
	case "#set_separator":
		z.setSep = bytes.Clone(value)
	case "#empty_field":
		z.empty = bytes.Clone(value)
	case "#unset_field":
		z.unset = bytes.Clone(value)
	case "#path":
		z.told, z.of = kindOfPath(value)
		if z.told == zeekRead {
			z.layout(z.of)
		}
	case "#fields":
		names := strings.Split(string(value), string(z.sep))
		z.columns = columnsOf(names)
		z.fewest, z.named = len(z.columns), true
		if z.told == zeekRead {
			return
		}
		if of, ok := zeekByColumns(setOf(names)); ok && z.told == zeekUntold {
			z.told, z.of = zeekRead, of
		}
	}
}

// unescapeZeek resolves the \xHH of Zeek's ASCII writer.
func unescapeZeek(to, b []byte) []byte {
	for len(b) > 0 {
		if len(b) >= 4 && b[0] == '\\' && b[1] == 'x' {
			var c [1]byte
			if _, err := hex.Decode(c[:], b[2:4]); err == nil {
				to, b = append(to, c[0]), b[4:]
				continue
			}
		}
		to, b = append(to, b[0]), b[1:]
	}
	return to
}

// readTSV fills the row, or gives the reason why the line is none.
func (z *zeekLog) readTSV(text []byte) (reason string) {
	z.clear()
	for i, column := range z.columns {
		cell, rest, more := bytes.Cut(text, z.sep)
		if !more && i+1 < z.fewest {
			return "fewer columns than the log has"
		}
		if more && i+1 == len(z.columns) && z.named {
			return "more columns than the log has"
		}
		text = rest
		if len(cell) == 0 || column == zIgnored || bytes.Equal(cell, z.unset) || bytes.Equal(cell, z.empty) {
			continue
		}
		if column == zAnswers {
			z.splitAnswers(cell)
			continue
		}
		if bytes.Contains(cell, []byte(`\x`)) {
			from := len(z.scratch)
			z.scratch = unescapeZeek(z.scratch, cell)
			cell = z.scratch[from:]
		}
		z.row.cells[column] = cell
	}
	return ""
}

func (z *zeekLog) clear() {
	z.row = zeekRow{answers: z.row.answers[:0]}
	z.scratch = z.scratch[:0]
}

func (z *zeekLog) splitAnswers(cell []byte) {
	for len(cell) > 0 {
		var one []byte
		one, cell, _ = bytes.Cut(cell, z.setSep)
		z.row.answers = appendAnswer(z.row.answers, one)
	}
}

// readJSON fills the row from an object, or from the one that it holds under the name of
// its log.
func (z *zeekLog) readJSON(text []byte) error {
	z.clear()
	tag, tagged, err := z.members(&z.scan, text)
	if err != nil || tagged == nil || z.row.cells[zTS] != nil {
		return err
	}
	if _, _, err := z.members(&z.tagged, tagged); err != nil {
		return err
	}
	z.row.cells[zPath] = tag
	return nil
}

// members fills the row from the members of an object. The last one that is an object
// itself is given back, with its name.
func (z *zeekLog) members(s *jsonscan.Scanner, text []byte) (tag, tagged []byte, err error) {
	for s.Reset(text); s.Next(); {
		column := zeekColumns[string(s.Key())]
		switch v := s.Value(); {
		case column == zIgnored && v.Kind() == jsonscan.Object && string(s.Key()) == "id":
			z.ends(v.Raw())
		case column == zIgnored && v.Kind() == jsonscan.Object:
			tag, tagged = s.Key(), v.Raw()
		case column == zIgnored || v.Kind() == jsonscan.Null:
		case column == zAnswers && v.Kind() == jsonscan.Array:
			z.row.answers = z.row.answers[:0] // the last of two counts
			for z.nested.Reset(v.Raw()); z.nested.Next(); {
				z.row.answers = appendAnswer(z.row.answers, z.nested.Text())
			}
		case v.Kind() == jsonscan.String:
			z.row.cells[column] = s.Text()
		case v.Kind() == jsonscan.Array:
			z.row.cells[column] = z.join(v.Raw())
		default:
			z.row.cells[column] = v.Raw()
		}
	}
	return tag, tagged, s.Err()
}

// ends takes the four members of an "id" whose keys were not joined with its own.
func (z *zeekLog) ends(id []byte) {
	for z.nested.Reset(id); z.nested.Next(); {
		column, ok := zeekEnds[string(z.nested.Key())]
		if v := z.nested.Value(); ok && v.Kind() == jsonscan.String {
			z.row.cells[column] = z.nested.Text()
		} else if ok && v.Kind() == jsonscan.Number {
			z.row.cells[column] = v.Raw()
		}
	}
}

// zeekEnds are the columns of a connection's two ends within its "id".
var zeekEnds = map[string]zeekColumn{"orig_h": zOrigH, "orig_p": zOrigP, "resp_h": zRespH, "resp_p": zRespP}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// join writes a JSON set as TSV would: joined by commas.
func (z *zeekLog) join(raw []byte) []byte {
	from := len(z.scratch)
	for z.nested.Reset(raw); z.nested.Next(); {
		if len(z.scratch) > from {
			z.scratch = append(z.scratch, ',')
		}
		z.scratch = append(z.scratch, z.nested.Text()...)
	}
	return z.scratch[from:]
}
