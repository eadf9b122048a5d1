// Package use says once, as data, which verdicts count as use of circumvention tools.
//
// It must never look at a verdict itself: queries count, and rule packs say which
// category a tool belongs to.
package use

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed use.yaml
var text []byte

// Counted are the verdicts that count as use.
type Counted struct {
	Categories []string `yaml:"categories"` // of tools
	Level      string   `yaml:"level"`      // the lowest one
	OnePeer    float64  `yaml:"one_peer"`   // share of a client's bytes of an hour, from 0 to 1, that are most of them
}

// Load reads what counts as use.
func Load() (Counted, error) {
	var c Counted
	if err := yaml.Unmarshal(text, &c); err != nil {
		return Counted{}, fmt.Errorf("use.yaml: %w", err)
	}
	return c, nil
}

// Has says whether tools of a category count.
func (c Counted) Has(category string) bool { return slices.Contains(c.Categories, category) }

// Fill replaces the marks @categories and @level of a query's text by the values, as the
// engine writes arrays and strings.
func (c Counted) Fill(sql string) string {
	return strings.NewReplacer("'@categories'", "['"+strings.Join(c.Categories, "','")+"']", "'@level'", "'"+c.Level+"'").Replace(sql)
}
