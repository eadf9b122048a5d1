package decode

import (
	"math"
	"strconv"

	"github.com/banshift/banshift/ingest/decode/jsonscan"
)

// maxSeconds is the last second that still fits into 64-bit nanoseconds (year 2262):
// a larger number of seconds is a wrong unit or garbage.
const maxSeconds = math.MaxInt64 / 1_000_000_000

// parseEpochMicros reads decimal Unix seconds ("1300475167.096535") as microseconds.
func parseEpochMicros(b []byte) (us int64, ok bool) {
	i := 0
	var sec int64
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		if sec = sec*10 + int64(b[i]-'0'); sec > maxSeconds {
			return 0, false
		}
	}
	if i == 0 {
		return 0, false
	}
	if i < len(b) && b[i] == ',' { // of ISO 8601, and what parts thousands
		return 0, false
	}
	frac, n, ok := parseFraction(b[i:])
	return sec*1_000_000 + frac/1000, ok && i+n == len(b)
}

// parseFraction reads ".digits" as nanoseconds and gives how many bytes that was;
// nothing there is zero.
func parseFraction(b []byte) (ns int64, n int, ok bool) {
	if len(b) == 0 || b[0] != '.' && b[0] != ',' {
		return 0, 0, true
	}
	unit := int64(100_000_000)
	n = 1
	for ; n < len(b) && b[n]-'0' <= 9; n++ {
		ns += int64(b[n]-'0') * unit
		unit /= 10
	}
	return ns, n, n > 1
}

// parseISO reads "2006-01-02T15:04:05.999999999Z07:00", also with a space for the T,
// an offset without colon, and no offset at all (then UTC), as milliseconds.
func parseISO(b []byte) (ms int64, ok bool) {
	if len(b) < 19 || b[4] != '-' || b[7] != '-' || b[10] != 'T' && b[10] != ' ' || b[13] != ':' || b[16] != ':' {
		return 0, false
	}
	year, ok1 := digits(b[0:4])
	month, ok2 := digits(b[5:7])
	day, ok3 := digits(b[8:10])
	hour, ok4 := digits(b[11:13])
	minute, ok5 := digits(b[14:16])
	second, ok6 := digits(b[17:19])
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6) {
		return 0, false
	}
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 60 {
		return 0, false
	}
	frac, n, ok := parseFraction(b[19:])
	if !ok {
		return 0, false
	}
	offset, ok := parseOffset(b[19+n:])
	sec := daysSinceEpoch(year, month, day)*86400 + hour*3600 + minute*60 + second - offset
	return sec*1000 + frac/1_000_000, ok
}

// parseOffset reads "", "Z", "+07:00" and "+0700" as seconds east of UTC.
func parseOffset(b []byte) (sec int64, ok bool) {
	if len(b) == 0 || len(b) == 1 && b[0] == 'Z' {
		return 0, true
	}
	colon := len(b) == 6 && b[3] == ':'
	if len(b) != 5 && !colon || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	hour, ok1 := digits(b[1:3])
	minute, ok2 := digits(b[len(b)-2:])
	sec = hour*3600 + minute*60
	if b[0] == '-' {
		sec = -sec
	}
	return sec, ok1 && ok2 && hour < 24 && minute < 60
}

// digits reads a whole number of up to 18 digits.
func digits(b []byte) (n int64, ok bool) {
	if len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(b) > 0
}

func daysIn(year, month int64) int64 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSinceEpoch counts days of the Gregorian calendar from 1970-01-01, with years
// that begin in March so that the leap day comes last (H. Hinnant, "chrono-compatible
// low-level date algorithms", days_from_civil).
func daysSinceEpoch(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	ofEra := year - era*400
	ofYear := (153*(month-3)+2)/5 + day - 1
	return era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468
}

// unit is how many of something make a second.
type unit uint64

const (
	seconds unit = 1
	millis  unit = 1_000
	micros  unit = 1_000_000
	nanos   unit = 1_000_000_000
)

// firstReal is 1973-03-03T09:46:40Z in ms: a number that makes an earlier time is a zero,
// counts since boot, or is of another unit, and never when a flow was seen. From here to
// the year 2262 the numbers of the units do not overlap.
const firstReal = 100_000_000_000

// oneDay in ms is how far time zones may move a zero.
const oneDay = 86_400_000

// inUnit reads n in one unit; ok says that it is a real time.
func inUnit(n uint64, u unit) (ms int64, ok bool) {
	if n/uint64(u) >= maxSeconds {
		return 0, false
	}
	if u == seconds {
		ms = int64(n) * 1000
	} else {
		ms = int64(n / (uint64(u) / 1000))
	}
	return ms, ms >= firstReal
}

// parseTime is readTime of a text, in seconds where it is a number.
func parseTime(b []byte) (ms int64, ok bool) {
	if n, whole := digits64(b); whole {
		ms, how := readWhole(n, seconds)
		return ms, how >= real
	}
	us, ok := parseMicros(b)
	if ms = us / 1000; !ok {
		ms, ok = parseISO(b)
	}
	if f, isFloat := parseFloat(b); !ok && isFloat && f < 1<<63 { // another unit, with a fraction
		ms, how := readWhole(uint64(f), seconds)
		return ms, how >= real
	}
	return ms, ok && ms >= firstReal
}

// parseMicros reads seconds, also with an exponent, as microseconds.
func parseMicros(b []byte) (us int64, ok bool) {
	if us, ok = parseEpochMicros(b); ok {
		return us, true
	}
	f, ok := parseFloat(b)
	if !ok || f < 0 || f >= maxSeconds/1000 {
		return 0, false
	}
	return int64(math.Round(f * 1e6)), true
}

// parseFloat reads a decimal number with an exponent.
func parseFloat(b []byte) (float64, bool) {
	if len(b) == 0 || len(b) > 40 || b[0]-'0' > 9 {
		return 0, false // an error of ParseFloat would allocate
	}
	f, err := strconv.ParseFloat(string(b), 64)
	return f, err == nil
}

// digits64 reads a whole number; ok is false beyond 64 bits.
func digits64(b []byte) (n uint64, ok bool) {
	if len(b) > 19 {
		return 0, false
	}
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, len(b) > 0
}

// reading is what became of a time.
type reading uint8

const (
	unreadable reading = iota
	absent             // it says that there is none: a zero in any form
	real
	guessed // real if it is in a coarser unit than its key says, and not counted from a boot
)

// readTime reads a time as milliseconds: a number in the unit given (also in quotes), or
// an ISO 8601 text.
func readTime(v jsonscan.Value, u unit) (ms int64, how reading) {
	raw := v.Raw()
	switch v.Kind() {
	case jsonscan.Null:
		return 0, absent
	case jsonscan.String:
		if raw = raw[1 : len(raw)-1]; isUnknown(raw) || isZeroDate(raw) {
			return 0, absent
		}
	case jsonscan.Number:
	default:
		return 0, unreadable
	}
	if n, whole := digits64(raw); whole {
		return readWhole(n, u)
	}
	ms, ok := parseISO(raw)
	if !ok && u == seconds {
		var us int64
		us, ok = parseMicros(raw)
		ms = us / 1000
	}
	switch {
	case ok && ms >= firstReal:
		return ms, real
	case ok && ms > -oneDay:
		return 0, absent
	case ok:
		return 0, unreadable
	}
	n, ok := v.Uint64()
	if !ok {
		return 0, unreadable
	}
	return readWhole(n, u)
}

// readWhole is readTime of a whole number. Writers are set to another unit than their keys
// say: from 1973 to 2262 the units do not overlap, so that a number that makes no time in
// its own is read in the one in which it makes one.
func readWhole(n uint64, u unit) (ms int64, how reading) {
	if ms, ok := inUnit(n, u); ok {
		return ms, real
	}
	for _, other := range [...]unit{seconds, millis, micros, nanos} {
		switch ms, ok := inUnit(n, other); {
		case ok && other > u: // too many for a time since boot
			return ms, real
		case ok:
			return ms, guessed
		}
	}
	if n/uint64(u) < maxSeconds {
		return 0, absent
	}
	return 0, unreadable
}

// instant is readTime for formats whose units are sure enough.
func instant(v jsonscan.Value, u unit) (ms int64, ok bool) {
	ms, how := readTime(v, u)
	return ms, how >= real
}

// isZeroDate reports a date of nothing but zeros, as "0000-00-00 00:00:00.000000".
func isZeroDate(b []byte) bool {
	const date = "0000-00-00"
	if len(b) < len(date) || string(b[:len(date)]) != date {
		return false
	}
	for _, c := range b[len(date):] {
		if c >= '1' && c <= '9' {
			return false
		}
	}
	return true
}
