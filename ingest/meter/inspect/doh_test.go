package inspect

import (
	"testing"

	"golang.org/x/net/http2/hpack"

	"github.com/banshift/banshift/schemas"
)

func TestDoHInClear(t *testing.T) {
	if got := hpack.AppendHuffmanString(nil, string(dnsMessage)); string(got) != string(dnsMessageHPACK) {
		t.Fatalf("the media type is coded as %x", got)
	}
	preface := "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	settings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	for name, up1 := range map[string][]byte{
		"http/2, coded": join(preface, settings, "\x00\x00\x12\x01\x04\x00\x00\x00\x01\x5f\x90", dnsMessageHPACK),
		"http/2, plain": join(preface, settings, "\x00\x00\x19\x01\x04\x00\x00\x00\x01\x5f\x17", dnsMessage),
		"http/1":        []byte("POST /dns-query HTTP/1.1\r\nHost: r\r\nContent-Type: application/dns-message\r\nContent-Length: 33\r\n\r\n"),
	} {
		if got := New().Inspect(tcp(up(up1))).Signatures; !got.Has(schemas.SigDoHClear) || !got.Has(schemas.SigHTTP) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := New().Inspect(tcp(up(join(preface, settings)))).Signatures; got.Has(schemas.SigDoHClear) {
		t.Errorf("http/2 alone: %s", got)
	}
}
