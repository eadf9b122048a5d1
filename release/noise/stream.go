package noise

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"io"
)

// Stream gives random bytes that follow from a secret and a name alone: AES-256 in counter mode
// under a key by HKDF-SHA-256 (RFC 5869). The same secret and name give the same bytes;
// whoever has the name alone cannot tell them from others.
func Stream(secret []byte, name string) (io.Reader, error) {
	if len(secret) < 32 {
		return nil, fmt.Errorf("noise: a secret of %d bytes: want 32 or more", len(secret))
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "banshift noise "+name, 32)
	if err != nil {
		return nil, fmt.Errorf("noise: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("noise: %w", err)
	}
	return &stream{cipher.NewCTR(block, make([]byte, aes.BlockSize))}, nil
}

type stream struct{ cipher.Stream }

func (s *stream) Read(p []byte) (int, error) {
	clear(p)
	s.XORKeyStream(p, p)
	return len(p), nil
}
