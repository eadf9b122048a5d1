package decode

import "bytes"

// zeekKind is what a record's log means here.
type zeekKind uint8

const (
	zeekUntold  zeekKind = iota // nothing says which log it is
	zeekRead                    // one of those that are read
	zeekInterim                 // of connections that conn.log writes again at their end
	zeekOther                   // neither flows nor look-ups
)

// interimLogs are written of connections that are still open, by packages of Zeek
// (zeek-open-connections, zeek-long-connections).
var interimLogs = map[string]bool{"open_conn": true, "open_ssl": true, "open_http": true, "conn_long": true}

// readLogs are the logs that are read, by their path.
var readLogs = map[string]Format{"conn": ZeekConn, "dns": ZeekDNS, "ssl": ZeekSSL, "tunnel": ZeekTunnel, "socks": ZeekSOCKS}

// kindOfPath says what the path of a log ("#path", "_path", the tag of an object) means.
func kindOfPath(path []byte) (zeekKind, Format) {
	if f, ok := readLogs[string(path)]; ok {
		return zeekRead, f
	}
	if interimLogs[string(path)] {
		return zeekInterim, ""
	}
	return zeekOther, ""
}

// isInterimName reports a file that is called after an interim log.
func isInterimName(base string) bool {
	path, _, _ := bytes.Cut([]byte(base), []byte("."))
	return interimLogs[string(path)]
}

// kindOfRow tells the log of a row by the columns that only one log has, and else takes it
// for one of the source's kind where it has that log's columns and none of another.
func (z *zeekLog) kindOfRow() (zeekKind, Format) {
	c := &z.row.cells
	switch {
	case c[zTunnelType] != nil:
		return zeekRead, ZeekTunnel
	case c[zConnState] != nil:
		return zeekRead, ZeekConn
	case c[zOnlyDNS] != nil:
		return zeekRead, ZeekDNS
	case c[zForeign] != nil:
		return zeekOther, ""
	case c[zOnlySSL] != nil || c[zEstablished] != nil:
		return zeekRead, ZeekSSL
	case c[zOnlySOCKS] != nil:
		return zeekRead, ZeekSOCKS
	}
	var has bool
	switch z.kind {
	case ZeekConn:
		has = c[zProto] != nil || c[zIPProto] != nil
	case ZeekDNS:
		has = c[zQuery] != nil || c[zQType] != nil
	case ZeekSSL:
		has = c[zVersion] != nil || c[zCipher] != nil || c[zServerName] != nil || c[zJA4] != nil || c[zNextProtocol] != nil
	case ZeekTunnel:
		has = c[zAction] != nil
	case ZeekSOCKS:
		has = c[zVersion] != nil
	}
	switch {
	case has:
		return zeekRead, z.kind
	case c[zTS] != nil && (c[zUID] != nil || c[zOrigH] != nil):
		return zeekOther, ""
	}
	return zeekUntold, ""
}
