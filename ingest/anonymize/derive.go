package anonymize

import (
	"crypto/hmac"
	"crypto/sha256"
	"runtime"
)

// derive gives n bytes, at most 32, by HKDF-SHA-256 without a salt (RFC 5869). crypto/hkdf
// gives the same, and leaves a copy of the result in memory.
func derive(secret []byte, info string, n int) []byte {
	burn() // the stack grows now: one that grows later leaves its old place as it was
	var salt, key, out [sha256.Size]byte
	mac := hmac.New(sha256.New, salt[:])
	mac.Write(secret)
	mac.Sum(key[:0])
	mac = hmac.New(sha256.New, key[:])
	mac.Write(append([]byte(info), 1))
	mac.Sum(out[:0])
	result := append(make([]byte, 0, n), out[:n]...)
	clear(key[:])
	clear(out[:])
	burn()
	return result
}

// burn overwrites what calls that have returned left on the stack.
//
//go:noinline
func burn() {
	var stack [8 << 10]byte
	for i := range stack {
		stack[i] = byte(i)
	}
	runtime.KeepAlive(&stack)
}
