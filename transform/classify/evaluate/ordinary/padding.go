package ordinary

import "fmt"

// Messages of a client at the end of the handshake (RFC 8446 sections 4.4.2 and 4.4.4;
// draft-vvv-tls-alps section 4): a Finished under SHA-384, and what may stand before it in the
// same record, an empty certificate and the EncryptedExtensions of empty application settings.
const (
	finished384   = 4 + 48
	noCertificate = 4 + 1 + 3
	noSettings    = 4 + 2 + 4
)

// endings are kinds of TLS 1.3 whose client ends the handshake with a record of another
// length than that of a Finished: padded (RFC 8446 section 5.4), or with more in it; and
// what begins like an obfuscated transport, with 64 random bytes and a message.
func endings() (all []kind) {
	for _, block := range []int{16, 32, 48, 64, 100, 128, 256} {
		to := func(_ *writer, n int) int { return (n + block - 1) / block * block }
		all = append(all, kind{fmt.Sprintf("tls, the handshake padded to %d", block), ending(finished384, false, to)})
	}
	for _, most := range []int{32, 64, 128, 256, 1024} {
		some := func(w *writer, n int) int { return n + w.IntN(most) }
		all = append(all, kind{fmt.Sprintf("tls, padding of up to %d", most), ending(finished384, true, some)},
			kind{fmt.Sprintf("tls, the handshake padded by up to %d", most), ending(noCertificate+finished384, false, some)})
	}
	unpadded := func(_ *writer, n int) int { return n }
	for _, settings := range []int{0, 9, 15, 21, 27, 33, 39, 45, 51, 57} { // a frame of SETTINGS (RFC 9113 section 6.5)
		all = append(all, kind{fmt.Sprintf("tls, application settings of %d", settings), ending(noSettings+settings+finished384, false, unpadded)},
			kind{fmt.Sprintf("tls, application settings of %d, no certificate", settings), ending(noSettings+settings+noCertificate+finished384, false, unpadded)})
	}
	for _, n := range []int{41, 44, 58, 64, 80, 96, 120} {
		all = append(all, kind{fmt.Sprintf("a nonce of 64, then %d", n), over(4443, func(w *writer) []message {
			out := []message{{true, w.random(64)}, {true, w.random(n)}}
			for range 4 {
				out = append(out, message{false, w.random(120 + w.IntN(400))}, message{true, w.random(20 + w.IntN(300))})
			}
			return out
		})})
	}
	return all
}

// ending speaks TLS 1.3 whose records of the handshake, or all, are padded, with a server
// whose flight is one record and that sends tickets before the client goes on, as where
// the server speaks first.
func ending(finished int, everywhere bool, pad func(w *writer, n int) int) func(*writer) {
	h := hello{sni: "padded.example.org", ciphers: openSSLSuites, tls13: true, tickets: true}
	return over(443, func(w *writer) []message {
		sealed := func(n int, padded bool) []byte {
			if n++; padded {
				n = pad(w, n)
			}
			return record(23, w.random(n+16))
		}
		out := []message{{true, h.client(w)}, {false, cat(h.server(w, 0x1302), record(20, []byte{1}), sealed(3000, true))},
			{true, cat(record(20, []byte{1}), sealed(finished, true))}, {false, cat(sealed(201, true), sealed(201, true))}}
		for range 5 {
			out = append(out, message{true, sealed(40+w.IntN(400), everywhere)}, message{false, sealed(60+w.IntN(900), everywhere)})
		}
		return out
	})
}
