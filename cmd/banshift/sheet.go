package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// usualWidth is how many columns a table may take where nothing says how many there are.
const usualWidth = 80

// width is how many columns a table may take: those of the terminal, of COLUMNS, or 80; no
// limit with --wide.
func (a *app) width() int {
	if a.wide {
		return 1 << 20
	}
	if f, ok := a.out.(*os.File); ok {
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil && size.Col > 0 {
			return int(size.Col)
		}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return usualWidth
}

// sheet is a table for a terminal: texts are broken into lines where there is no room, and
// columns that can be missed are left out.
type sheet struct {
	heads    []string
	rows     [][]string
	optional []string // heads that are left out where there is no room, in this order
	whole    []string // heads whose texts are not broken: names that are typed again
}

func (s *sheet) add(cells ...string) { s.rows = append(s.rows, cells) }

// print writes the sheet, and to errOut what was left out.
func (a *app) print(s sheet) error { return a.printTo(a.out, s, a.width()) }

// printTo writes the sheet into so many columns of w.
func (a *app) printTo(w io.Writer, s sheet, room int) error {
	var left []string
	for _, head := range s.optional {
		if s.least() <= room {
			break
		}
		i := slices.Index(s.heads, head)
		s.heads = slices.Delete(slices.Clone(s.heads), i, i+1)
		for j, row := range s.rows {
			s.rows[j] = slices.Delete(slices.Clone(row), i, i+1)
		}
		left = append(left, strings.ToLower(head))
	}
	widths := s.fit(room)
	var text bytes.Buffer
	for _, row := range append([][]string{s.heads}, s.rows...) {
		writeRow(&text, row, widths)
	}
	a.sayLeftOut(left)
	_, err := escaping{w}.Write(text.Bytes())
	return err
}

func (a *app) sayLeftOut(columns []string) {
	if len(columns) > 0 {
		fmt.Fprintf(a.errOut, "left out for want of room: %s (--wide shows all)\n", strings.Join(columns, ", "))
	}
}

const (
	between   = 2
	leastCell = 12 // columns of a text that is broken
)

// widest gives the widths that the columns would have with all the room there is.
func (s *sheet) widest() []int {
	widths := make([]int, len(s.heads))
	for _, row := range append([][]string{s.heads}, s.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

// least is the width of the sheet with its texts broken as far as they can be.
func (s *sheet) least() int {
	sum := between * (len(s.heads) - 1)
	for i, w := range s.widest() {
		if !slices.Contains(s.whole, s.heads[i]) {
			w = min(w, max(leastCell, len(s.heads[i])))
		}
		sum += w
	}
	return sum
}

// fit narrows the widest columns until the sheet has room.
func (s *sheet) fit(room int) []int {
	widths := s.widest()
	sum := between * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	for sum > room {
		widest := -1
		for i, w := range widths {
			if w > max(leastCell, len(s.heads[i])) && !slices.Contains(s.whole, s.heads[i]) && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
		sum--
	}
	return widths
}

// writeRow writes the cells of a row, in as many lines as they need.
func writeRow(w *bytes.Buffer, row []string, widths []int) {
	lines := make([][]string, len(row))
	most := 1
	for i, cell := range row {
		lines[i] = wrap(cell, widths[i])
		most = max(most, len(lines[i]))
	}
	for n := range most {
		var line strings.Builder
		for i := range row {
			part := ""
			if n < len(lines[i]) {
				part = lines[i][n]
			}
			line.WriteString(part + strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(part))+between))
		}
		w.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// wrap breaks a text between words; a word that is too long is broken anywhere.
func wrap(text string, width int) []string {
	if utf8.RuneCountInString(text) <= width {
		return []string{text}
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for line = word; utf8.RuneCountInString(line) > width; {
			letters := []rune(line)
			lines = append(lines, string(letters[:width]))
			line = string(letters[width:])
		}
	}
	return append(lines, line)
}

// fitted shows the engine's table of a result in the room there is. It reads the whole
// table, and writes it when it is closed.
type fitted struct {
	bytes.Buffer
	a *app
}

// Close writes the columns that have room, from the left.
func (f *fitted) Close() error {
	rows := boxRows(f.String())
	if len(rows) == 0 {
		_, err := escaping{f.a.out}.Write(f.Bytes())
		return err
	}
	widths := make([]int, len(rows[0]))
	numeric := make([]bool, len(rows[0]))
	for i := range widths {
		numeric[i] = len(rows) > 1
		for j, row := range rows {
			if !f.a.wide && j > 0 {
				row[i] = sensible(row[i])
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
			numeric[i] = numeric[i] && (j == 0 || numeral.MatchString(row[i]))
		}
	}
	if cut := narrow(widths, numeric, f.a.width()); cut >= 0 {
		for j := range rows {
			rows[j][cut] = shortened(rows[j][cut], widths[cut])
		}
		fmt.Fprintf(f.a.errOut, "cut for want of room: %s (--wide shows all)\n", rows[0][cut])
	}
	var shown []int
	var left []string
	sum, room := 1, f.a.width()
	for i, w := range widths {
		if len(shown) > 0 && sum+w+3 > room {
			left = append(left, rows[0][i])
			continue
		}
		shown, sum = append(shown, i), sum+w+3
	}
	f.a.sayLeftOut(left)
	_, err := io.WriteString(escaping{f.a.out}, box(rows, shown, widths, numeric))
	return err
}

// leastCut is how narrow the column of a text may become before others are left out.
const leastCut = 24

// narrow makes the widest text as narrow as the table needs, where that is enough; it
// gives the column, -1 where all have room or cutting one does not help.
func narrow(widths []int, numeric []bool, room int) int {
	sum, widest := 1, -1
	for i, w := range widths {
		sum += w + 3
		if !numeric[i] && (widest < 0 || w > widths[widest]) {
			widest = i
		}
	}
	if sum <= room || widest < 0 || widths[widest]-(sum-room) < leastCut {
		return -1
	}
	widths[widest] -= sum - room
	return widest
}

// shortened cuts a text to a width, with a mark.
func shortened(text string, width int) string {
	letters := []rune(text)
	if len(letters) <= width {
		return text
	}
	return string(letters[:width-1]) + "…"
}

var (
	numeral = regexp.MustCompile(`^-?\d+(\.\d+)?(e-?\d+)?$|^(nan|inf|-inf|ᴺᵁᴸᴸ)$`)
	decimal = regexp.MustCompile(`^-?\d+\.\d{5,}$|^-?\d\.\d+e-\d+$`)
)

// sensible shortens a number with many decimals to four digits.
func sensible(cell string) string {
	if !decimal.MatchString(cell) {
		return cell
	}
	x, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		return cell
	}
	if x >= 1000 || x <= -1000 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// boxRows reads the cells of the engine's table, the heads first; nil where it is none.
func boxRows(text string) [][]string {
	var rows [][]string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "┌") && rows == nil:
			heads := strings.Split(strings.Trim(line, "┌┐"), "┬")
			for i, head := range heads {
				heads[i] = strings.Trim(head, "─")
			}
			rows = append(rows, heads)
		case strings.HasPrefix(line, "│") && rows != nil:
			cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "│ "), " │"), " │ ")
			if len(cells) != len(rows[0]) {
				return nil // a text has the border in it: shown as it came
			}
			for i, cell := range cells {
				cells[i] = strings.TrimSpace(cell)
			}
			rows = append(rows, cells)
		case !strings.HasPrefix(line, "└"):
			return nil
		}
	}
	return rows
}

// box draws the shown columns as the engine does.
func box(rows [][]string, shown, widths []int, numeric []bool) string {
	var b strings.Builder
	pad := func(text, with string, i int) string {
		space := strings.Repeat(with, max(0, widths[i]-utf8.RuneCountInString(text)))
		if numeric[i] {
			return space + text
		}
		return text + space
	}
	line := func(begin, inner, end, side string, cell func(i int) string) {
		parts := make([]string, len(shown))
		for k, i := range shown {
			parts[k] = side + cell(i) + side
		}
		b.WriteString(begin + strings.Join(parts, inner) + end + "\n")
	}
	line("┌", "┬", "┐", "─", func(i int) string { return pad(rows[0][i], "─", i) })
	for _, row := range rows[1:] {
		line("│", "│", "│", " ", func(i int) string { return pad(row[i], " ", i) })
	}
	line("└", "┴", "┘", "─", func(i int) string { return strings.Repeat("─", widths[i]) })
	return b.String()
}
