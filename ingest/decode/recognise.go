package decode

import "fmt"

// HeadBytes is how many first bytes [Recognise] wants to see at most.
const HeadBytes = 64 << 10

// Recognise tells the format by the first bytes of a source, decompressed, and only
// where these leave a doubt by its name. The error says what was tried.
func Recognise(head []byte, name string) (Format, error) {
	return "", fmt.Errorf("format of %s not recognised", name)
}
