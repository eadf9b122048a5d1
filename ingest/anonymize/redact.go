package anonymize

// maxExcerpt is how much of an unreadable record is shown.
const maxExcerpt = 160

// longestFreeKey is how long a JSON key may be that is no word of the formats: too short
// to say anything.
const longestFreeKey = 3

// redact gives the shape of a record without its content: letters become a, digits
// 0, bytes above ASCII ?, and only JSON keys that are words of the formats, or of
// three letters, stay as they are, so that a reader sees which format it was and where it broke.
func redact(raw []byte) string {
	if len(raw) > maxExcerpt {
		raw = raw[:maxExcerpt]
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if end := keyEnd(raw, i); end > 0 {
			out = append(out, raw[i:end]...)
			i = end
			continue
		}
		out = append(out, shape(raw[i]))
		i++
	}
	return string(out)
}

// keyEnd gives the end of a JSON key (`"word":`) of the formats that begins at i, or 0.
func keyEnd(raw []byte, i int) int {
	if raw[i] != '"' {
		return 0
	}
	j := i + 1
	plain := false
	for ; j < len(raw) && (raw[j] >= 'a' && raw[j] <= 'z' || raw[j] == '_'); j++ {
		plain = plain || raw[j] > 'f'
	}
	if j+1 >= len(raw) || raw[j] != '"' || raw[j+1] != ':' {
		return 0
	}
	if short := plain && j-i-1 <= longestFreeKey; !short && !jsonKeys[string(raw[i+1:j])] {
		return 0
	}
	return j + 2
}

func shape(b byte) byte {
	switch {
	case b >= '0' && b <= '9':
		return '0'
	case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z':
		return 'a'
	case b == '\t':
		return ' '
	case b < ' ' || b > '~':
		return '?'
	}
	return b
}
