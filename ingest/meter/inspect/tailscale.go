package inspect

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/banshift/banshift/schemas"
)

// isDisco reports Tailscale's discovery message (tailscale.com/disco): six bytes of
// magic "TS" and U+1F4AC, a 32-byte key, a 24-byte nonce, a box.
func isDisco(b []byte) bool {
	return len(b) >= 6+32+24 && string(b[:6]) == "TS\xf0\x9f\x92\xac"
}

// tailscaleSTUN begins the attributes of a node's STUN request: SOFTWARE, eight bytes
// (tailscale.com/net/stun).
const tailscaleSTUN = "\x80\x22\x00\x08tailnode"

// relayed gives the disco message or WireGuard's that a peer passes on (net/udprelay): behind a header of Geneve without
// options, of one of two protocol types that nobody else uses (net/packet/geneve.go).
func relayed(b []byte) (inner []byte, disco, ok bool) {
	const head, reserved, typeOfBoth, typeDisco, typeWireGuard = 8, 0x3f, 0x7a, 0x11, 0x12
	if len(b) < head+4 || b[0] != 0 || b[1]&reserved != 0 || b[2] != typeOfBoth || b[3] != typeDisco && b[3] != typeWireGuard || b[7] != 0 {
		return nil, false, false
	}
	return b[head:], b[3] == typeDisco, true
}

// minRelayed is how many of WireGuard's messages show a relay among peers: of 80 fixed bits each.
const minRelayed = 2

// tailscale finds disco messages, the STUN requests by which nodes learn their address, and what peers pass on.
func tailscale(c *conversation, r *finding) {
	passed := 0
	for i := range c.payloads {
		p := &c.payloads[i]
		inner, disco, isRelayed := relayed(p.Data)
		if isRelayed && !disco && inner[0] >= 1 && inner[0] <= 4 && isZero(inner[1:4]) {
			passed++
		}
		if passed >= minRelayed || disco && isDisco(inner) {
			r.drop(schemas.SigWireGuardObfuscated) // it is WireGuard behind the relay's header
			r.add(schemas.SigTailscaleDisco)
			return
		}
		if isDisco(p.Data) {
			r.add(schemas.SigTailscaleDisco)
			return
		}
		if isSTUN(p) && bytes.HasPrefix(p.Data[20:], []byte(tailscaleSTUN)) {
			r.addRoleOf(schemas.SigTailscaleDisco, !c.fromClient(p))
			return
		}
	}
}

// Later gives what a datagram behind the first ones adds to a flow's signatures: between
// Tailscale's nodes disco messages go along with WireGuard every few seconds, and a
// download fills the first payloads sooner.
func Later(known schemas.SignatureSet, b []byte) schemas.SignatureSet {
	if known.HasAny(discoCarriers) && isDisco(b) {
		return schemas.SignaturesOf(schemas.SigTailscaleDisco)
	}
	return schemas.SignatureSet{}
}

// discoCarriers are the signatures of flows in which disco messages are looked for later on.
var discoCarriers = schemas.SignaturesOf(schemas.SigWireGuardSession, schemas.SigWireGuardInit)

// derp finds the HTTP of Tailscale: upgrades to its control protocol (control/ts2021)
// and to a relay (derp/derphttp), the control server's keys (control/controlclient,
// loadServerPubKeys), all of them in the clear only on port 80; and control connections
// of which the upgrade was missed.
func derp(c *conversation, r *finding) {
	if !c.initiator && isControlNoise(c.client()) && isControlNoise(c.server()) && len(c.payloads) >= minControlRecords {
		r.add(schemas.SigTailscaleHTTP)
		r.addTraits(schemas.TraitMidstream)
		return
	}
	b := c.client()
	line, ok := readRequestLine(b)
	if !ok || !line.whole {
		return
	}
	if strings.HasPrefix(line.target, "/key?v=") && bytes.Contains(c.server(), []byte(`"publicKey":"mkey:`)) {
		r.addRole(schemas.SigTailscaleHTTP)
	}
	head, _, _ := bytes.Cut(b, []byte("\r\n\r\n"))
	upgrade := headerValue(head, "upgrade")
	isDERP := upgrade == "derp" || upgrade == "websocket" && headerValue(head, "sec-websocket-protocol") == "derp"
	if line.target == "/ts2021" && upgrade == "tailscale-control-protocol" || line.target == "/derp" && isDERP {
		r.addRole(schemas.SigTailscaleHTTP)
	}
}

// minControlRecords is how many payloads of records show a control connection.
const minControlRecords = 3

// isControlNoise reports a stream of whole records of type 4 behind their lengths, as
// the control protocol has them after its handshake (control/controlbase, messages.go), of
// ciphertext. Random bytes: 2^-24 for each record that begins a stream.
func isControlNoise(b []byte) bool {
	const record, head, maxRecord = 4, 3, 4096
	if len(b) == 0 {
		return false
	}
	for len(b) > 0 {
		if len(b) < head || b[0] != record {
			return false
		}
		n := head + int(binary.BigEndian.Uint16(b[1:]))
		if n < head+16 || n > maxRecord || n > len(b) || !isCiphertext(b, head) {
			return false
		}
		b = b[n:]
	}
	return true
}

// headerValue gives a header's value in lower case.
func headerValue(head []byte, name string) string {
	for line := range bytes.Lines(head) {
		key, value, ok := strings.Cut(strings.ToLower(string(line)), ":")
		if ok && key == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
