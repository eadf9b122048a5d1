package inspect

import (
	"bytes"
	"testing"

	"golang.org/x/net/http2/hpack"

	"github.com/banshift/banshift/schemas"
)

// http2Headers gives a frame of header fields, each name followed by its value.
func http2Headers(fields ...string) []byte {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	for i := 0; i < len(fields); i += 2 {
		_ = e.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return http2Frame(frameHeaders, flagEndHeaders, b.Bytes())
}

func http2Frame(kind, flags byte, body []byte) []byte {
	return join(len(body)>>16, uint16(len(body)), kind, flags, uint32(1), body)
}

// TestHTTPInClear: what HTTP asks for and answers where it is not inside TLS.
func TestHTTPInClear(t *testing.T) {
	settings := http2Frame(4, 0, nil)
	begin := join(preface, settings)
	ask := func(fields ...string) []byte { return join(begin, http2Headers(fields...)) }
	connect := ask(":authority", "example.org:443", ":method", "CONNECT")
	ok := join(settings, http2Headers(":status", "200"))
	post := []string{":method", "POST", ":scheme", "http", ":path", "/dns-query", ":authority", "r"}
	block := http2Headers(append(post, "content-type", dnsMessage)...)[frameHead:]
	masqueRequest := "GET /.well-known/masque/udp/192.0.2.6/443/ HTTP/1.1\r\nHost: p\r\nConnection: Upgrade\r\nUpgrade: connect-udp\r\n\r\n"
	for _, c := range []struct {
		name     string
		up, down []byte
		want     schemas.Signature
		not      schemas.Signature
	}{
		{"DoH", ask(append(post, "content-type", dnsMessage)...), nil, schemas.SigDoHClear, schemas.SigODoHClear},
		{"DoH, as an answer", ask(":method", "GET", ":path", "/q?dns=AAAB"), join(settings, http2Headers(":status", "200", "content-type", dnsMessage)), schemas.SigDoHClear, schemas.SigODoHClear},
		{"DoH, in two frames", join(begin, http2Frame(frameHeaders, 0, block[:20]), http2Frame(frameContinuation, flagEndHeaders, block[20:])), nil, schemas.SigDoHClear, schemas.SigODoHClear},
		{"DoH, padded", join(begin, http2Frame(frameHeaders, flagEndHeaders|flagPadded|flagPriority, join(3, uint32(0), 16, block, "\x00\x00\x00"))), nil, schemas.SigDoHClear, schemas.SigODoHClear},
		{"DoH behind an upgrade", join("GET /q?dns=AAAB HTTP/1.1\r\nHost: r\r\nUpgrade: h2c\r\n\r\n", begin), join("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", settings, http2Headers(":status", "200", "content-type", dnsMessage)), schemas.SigDoHClear, schemas.SigODoHClear},
		{"DoH, HTTP/1", []byte("POST /dns-query HTTP/1.1\r\nHost: r\r\nContent-Type: application/dns-message\r\nContent-Length: 33\r\n\r\n"), nil, schemas.SigDoHClear, schemas.SigODoHClear},
		{"oblivious DoH, HTTP/1", []byte("POST /dns-query HTTP/1.1\r\nHost: r\r\nContent-Type: application/oblivious-dns-message\r\n\r\n"), nil, schemas.SigODoHClear, schemas.SigDoHClear},
		{"oblivious DoH", ask(append(post, "content-type", obliviousMessage)...), nil, schemas.SigODoHClear, schemas.SigDoHClear},
		{"HTTP/2 alone", begin, settings, schemas.SigHTTP, schemas.SigDoHClear},
		{"CONNECT", connect, ok, schemas.SigHTTPConnect, schemas.SigHTTPProxyAsked},
		{"CONNECT, refused", connect, join(settings, http2Headers(":status", "405")), schemas.SigHTTPProxyAsked, schemas.SigHTTPConnect},
		{"CONNECT of a web socket", ask(":method", "CONNECT", ":protocol", "websocket", ":path", "/chat", ":authority", "example.org:80"), ok, schemas.SigHTTP, schemas.SigHTTPConnect},
		{"CONNECT-UDP", ask(":method", "CONNECT", ":protocol", "connect-udp", ":path", "/.well-known/masque/udp/192.0.2.6/443/", ":authority", "p"), ok, schemas.SigMASQUE, schemas.SigHTTPConnect},
		{"CONNECT-UDP by an upgrade", []byte(masqueRequest), []byte("HTTP/1.1 101 Switching Protocols\r\n\r\n"), schemas.SigMASQUE, schemas.SigHTTPConnect},
		{"CONNECT-UDP, refused", []byte(masqueRequest), []byte("HTTP/1.1 404 Not Found\r\n\r\n"), schemas.SigHTTP, schemas.SigMASQUE},
	} {
		flow := tcp(up(c.up))
		if c.down != nil {
			flow = tcp(up(c.up), down(c.down))
		}
		if got := New().Inspect(flow).Signatures; !got.Has(c.want) || got.Has(c.not) {
			t.Errorf("%s: %s, want %s and not %s", c.name, got, c.want, c.not)
		}
	}
}
