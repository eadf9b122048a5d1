package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// didYouMean names the known words that are closest to a wrong one; empty where none is close.
func didYouMean(word string, known []string) string {
	type near struct {
		word string
		far  int
	}
	var list []near
	for _, k := range known {
		far := edits(strings.ToLower(word), strings.ToLower(k))
		if strings.HasPrefix(k, word) && word != "" {
			far = min(far, 1)
		}
		if far <= max(2, len(word)/4) {
			list = append(list, near{k, far})
		}
	}
	slices.SortStableFunc(list, func(a, b near) int { return cmp.Or(cmp.Compare(a.far, b.far), strings.Compare(a.word, b.word)) })
	var words []string
	for _, n := range list[:min(len(list), 3)] {
		if n.far == list[0].far {
			words = append(words, n.word)
		}
	}
	return strings.Join(words, ", ")
}

// hinted adds to an error what may have been meant.
func hinted(err error, word string, known []string) error {
	if err == nil {
		return nil
	}
	if words := didYouMean(word, known); words != "" {
		return fmt.Errorf("%w; did you mean %s?", err, words)
	}
	return err
}

// edits is the number of letters to insert, leave out, replace or swap with their
// neighbour (optimal string alignment) from a to b.
func edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			replaced := rows[i-1][j-1]
			if x[i-1] != y[j-1] {
				replaced++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, replaced)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}

// unknownCommand makes cobra's message about a command that is not there this program's own.
func unknownCommand(err error, known []string) error {
	_, rest, ok := strings.Cut(err.Error(), `unknown command "`)
	if !ok {
		return err
	}
	word, _, _ := strings.Cut(rest, `"`)
	return hinted(errors.New(strings.SplitN(err.Error(), "\n", 2)[0]), word, known)
}

func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return names
}
