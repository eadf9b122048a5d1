package parquet

import (
	"encoding/binary"
	"fmt"
)

// texts gives the values of a page. What next gives is valid until the next call.
type texts interface {
	next() ([]byte, error)
}

// words is a dictionary of texts: the page and where each of them begins.
type words struct {
	b     []byte
	at    []uint32
	width int // of a fixed length
}

func (w *words) word(i uint32) ([]byte, error) {
	if w.width > 0 {
		if int64(i) >= int64(len(w.b)/w.width) {
			return nil, errIndex
		}
		return w.b[int(i)*w.width:][:w.width], nil
	}
	if int64(i) >= int64(len(w.at)) {
		return nil, errIndex
	}
	begin := int(w.at[i])
	return w.b[begin:][:binary.LittleEndian.Uint32(w.b[begin-4:])], nil
}

// index notes where the n words of a page begin; at has room for them.
func (w *words) index(n int) error {
	position := 0
	for range n {
		if len(w.b)-position < 4 {
			return errShortPage
		}
		length := binary.LittleEndian.Uint32(w.b[position:])
		if position += 4; uint64(length) > uint64(len(w.b)-position) {
			return errShortPage
		}
		w.at = append(w.at, uint32(position))
		position += int(length)
	}
	return nil
}

// textsOf opens the n values of a page.
func textsOf(e encoding, l *leaf, b []byte, n int, dictionary *words) (texts, error) {
	switch {
	case e == encodingDictionary || e == encodingPlainDictionary:
		index, err := indexOf(b, n)
		return &indexedTexts{index: index, words: dictionary}, err
	case e == encodingPlain && l.physical == typeFixed:
		return &fixedTexts{b: b, width: l.width}, nil
	case e == encodingPlain:
		return &plainTexts{b}, nil
	case e == encodingDeltaLength && l.physical == typeByteArray:
		return newLengthTexts(b, n)
	case e == encodingDeltaBytes:
		return newDeltaTexts(b, l, n)
	case e == encodingSplit && l.physical == typeFixed:
		if len(b)%l.width != 0 {
			return nil, errShortPage
		}
		return &splitTexts{b: b, stride: len(b) / l.width, whole: make([]byte, l.width)}, nil
	}
	return nil, fmt.Errorf("encoding %s of %s is not read", e, l.physical)
}

type plainTexts struct{ b []byte }

func (p *plainTexts) next() ([]byte, error) {
	if len(p.b) < 4 {
		return nil, errShortPage
	}
	length := binary.LittleEndian.Uint32(p.b)
	if uint64(length) > uint64(len(p.b)-4) {
		return nil, errShortPage
	}
	text := p.b[4:][:length]
	p.b = p.b[4+int(length):]
	return text, nil
}

type fixedTexts struct {
	b     []byte
	width int
}

func (p *fixedTexts) next() ([]byte, error) {
	if len(p.b) < p.width {
		return nil, errShortPage
	}
	text := p.b[:p.width]
	p.b = p.b[p.width:]
	return text, nil
}

type splitTexts struct {
	b          []byte
	stride, at int
	whole      []byte
}

func (s *splitTexts) next() ([]byte, error) {
	if s.at == s.stride {
		return nil, errShortPage
	}
	for k := range s.whole {
		s.whole[k] = s.b[k*s.stride+s.at]
	}
	s.at++
	return s.whole, nil
}

type indexedTexts struct {
	index runs
	words *words
	one   [1]uint32
}

func (x *indexedTexts) next() ([]byte, error) {
	if err := x.index.read(x.one[:]); err != nil {
		return nil, err
	}
	return x.words.word(x.one[0])
}

// lengthTexts have all of their lengths before all of their bytes.
type lengthTexts struct {
	lengths *delta
	b       []byte
}

func newLengthTexts(b []byte, n int) (*lengthTexts, error) {
	lengths, err := newDelta(b, n)
	if err != nil {
		return nil, err
	}
	rest, err := lengths.rest()
	return &lengthTexts{lengths, rest}, err
}

func (p *lengthTexts) next() ([]byte, error) {
	length, err := p.lengths.next()
	if err != nil {
		return nil, err
	}
	if length < 0 || length > int64(len(p.b)) {
		return nil, errShortPage
	}
	text := p.b[:length]
	p.b = p.b[length:]
	return text, nil
}

// deltaTexts say how much of the text before each of them begins with.
type deltaTexts struct {
	prefixes *delta
	suffixes *lengthTexts
	text     []byte
	width    int // of a fixed length
}

// maxText bounds a text that is put together.
const maxText = 1 << 20

func newDeltaTexts(b []byte, l *leaf, n int) (*deltaTexts, error) {
	prefixes, err := newDelta(b, n)
	if err != nil {
		return nil, err
	}
	rest, err := prefixes.rest()
	if err != nil {
		return nil, err
	}
	suffixes, err := newLengthTexts(rest, n)
	return &deltaTexts{prefixes: prefixes, suffixes: suffixes, width: l.width}, err
}

func (p *deltaTexts) next() ([]byte, error) {
	prefix, err := p.prefixes.next()
	if err != nil {
		return nil, err
	}
	suffix, err := p.suffixes.next()
	if err != nil {
		return nil, err
	}
	if prefix < 0 || prefix > int64(len(p.text)) || prefix+int64(len(suffix)) > maxText {
		return nil, errDelta
	}
	p.text = append(p.text[:prefix], suffix...)
	if p.width > 0 && len(p.text) != p.width {
		return nil, errDelta
	}
	return p.text, nil
}
