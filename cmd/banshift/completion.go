package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/schemas"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/study"
)

// outputFormats are the values of --output.
var outputFormats = []string{"table", "json", "csv", "parquet"}

// completions are words that a shell offers: a word, or a word and what it means after a tab.
func completions(words []string, begun string) ([]string, cobra.ShellCompDirective) {
	kept := slices.DeleteFunc(slices.Clone(words), func(word string) bool { return !strings.HasPrefix(word, begun) })
	return kept, cobra.ShellCompDirectiveNoFileComp
}

// completeWith offers words for a flag.
func completeWith(cmd *cobra.Command, flag string, words []string) {
	offer(cmd, flag, func(string) []string { return words })
}

// offer has a flag completed with words. A flag that is not there is a mistake of the
// program, which the tests find.
func offer(cmd *cobra.Command, flag string, words func(begun string) []string) {
	err := cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return completions(words(begun), begun)
	})
	if err != nil {
		panic("completion of --" + flag + ": " + err.Error())
	}
}

func completeCountry(cmd *cobra.Command, flag string) {
	offer(cmd, flag, func(string) []string { return countryWords("") })
}

// countryWords are all codes with their names, each after a prefix.
func countryWords(prefix string) []string {
	var words []string
	for _, code := range schemas.Countries() {
		words = append(words, prefix+code+"\t"+study.CountryName(code))
	}
	return words
}

func queryNames() []string {
	all, err := queries.List()
	if err != nil {
		return nil
	}
	names := make([]string, len(all))
	for i, q := range all {
		names[i] = q.Name
	}
	return names
}

// completeQuery offers the names of queries, and the parameters of the one that is named.
func completeQuery(cmd *cobra.Command) {
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		all, err := queries.List()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var words []string
		for _, q := range all {
			words = append(words, q.Name+"\t"+q.Title)
		}
		return completions(words, begun)
	}
	err := cmd.RegisterFlagCompletionFunc("param", func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if strings.HasPrefix(begun, "country=") {
			return completions(countryWords("country="), begun)
		}
		var words []string
		if len(args) > 0 {
			if q, err := queries.Get(args[0]); err == nil {
				for _, p := range q.Params {
					words = append(words, p.Name+"=")
				}
			}
		}
		words, _ = completions(words, begun)
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
	if err != nil {
		panic("completion of --param: " + err.Error())
	}
}

// completeEvent offers the events of the built-in catalogue, or of the one of --events.
func completeEvent(cmd *cobra.Command) {
	cmd.ValidArgsFunction = func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		from := ""
		if f := c.Flags().Lookup("events"); f != nil {
			from = f.Value.String()
		}
		catalogue, err := events.Load(from)
		if len(args) > 0 || err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var words []string
		for _, e := range catalogue {
			words = append(words, e.ID+"\t"+e.DateWritten()+" "+e.Target)
		}
		return completions(words, begun)
	}
}
