package files

import (
	"errors"
	"fmt"
	"io"
)

// bufferedPiece is how much memory is asked for at once: a buffer that is doubled and copied
// takes three times what it has in it.
const bufferedPiece = 1 << 20

// buffered is a content in memory, in pieces of equal size but for the last.
type buffered struct {
	pieces [][]byte
	size   int64
}

// fill reads r to its end, which must come within limit bytes.
func (b *buffered) fill(r io.Reader, limit int64) error {
	for {
		piece := make([]byte, bufferedPiece)
		n, err := io.ReadFull(r, piece)
		b.pieces = append(b.pieces, piece[:n])
		if b.size += int64(n); b.size > limit {
			return fmt.Errorf("over %d bytes after decompression or from a stream; decompress it into a file first", limit)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// ReadAt implements [io.ReaderAt].
func (b *buffered) ReadAt(p []byte, at int64) (n int, err error) {
	if at < 0 {
		return 0, errors.New("offset before the beginning")
	}
	for n < len(p) && at < b.size {
		copied := copy(p[n:], b.pieces[at/bufferedPiece][at%bufferedPiece:])
		n, at = n+copied, at+int64(copied)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
