package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/banshift/banshift/load/guard"
)

// sqlReference lists what a statement of "banshift sql" may use.
func sqlReference() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(generatedNote + "# SQL for readers\n\n`banshift sql` runs one statement: SELECT (WITH, FROM), EXPLAIN of one, SHOW TABLES, SHOW CREATE, DESCRIBE or EXISTS of\n" +
		"the store's tables. The engine analyses it before anything of it runs; what is not on these lists is refused by name.\n")
	for _, list := range guard.Lists {
		words, err := guard.Listed(list.Name)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", list.Title, strings.Join(words, ", "))
	}
	return b.Bytes(), nil
}
