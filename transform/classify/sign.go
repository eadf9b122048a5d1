package classify

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// signed is what a signature covers: the purpose, so that it means nothing elsewhere,
// the name with the version, and the hash over all files.
func (p *Pack) signed() []byte {
	return []byte("banshift rule pack\n" + p.name + "@" + p.semver + "\n" + p.sum + "\n")
}

// Sign gives the pack's Ed25519 signature (RFC 8032) in base64.
func (p *Pack) Sign(key ed25519.PrivateKey) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(key, p.signed()))
}

// VerifySignature fails where signature, in base64, is not that of this pack by key.
func (p *Pack) VerifySignature(key ed25519.PublicKey, signature string) error {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(signature))
	if err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	if !ed25519.Verify(key, p.signed(), raw) {
		return errors.New("the signature is not of pack " + p.Version() + " by this key")
	}
	return nil
}
