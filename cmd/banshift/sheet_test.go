package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/study"
	"github.com/banshift/banshift/study/account"
)

func widestLine(text string) (most int) {
	for line := range strings.Lines(text) {
		most = max(most, utf8.RuneCountInString(strings.TrimRight(line, "\n")))
	}
	return most
}

const engineTable = `┌─country─┬────────day─┬─clients─┬───────────fraction─┬─packs──────────────────────────────────────────────────────────┬─simulated─┐
│ ru      │ 2018-04-16 │     603 │ 0.9876543209876543 │ ['core 1.0 0123456789abcdef0123456789abcdef0123456789abcdef01'] │         1 │
│ kz      │ 2018-04-17 │      90 │                  1 │ []                                                              │         1 │
└─────────┴────────────┴─────────┴────────────────────┴─────────────────────────────────────────────────────────────────┴───────────┘
`

func TestTableFits(t *testing.T) {
	t.Setenv("COLUMNS", "")
	for _, wide := range []bool{false, true} {
		var out, errOut bytes.Buffer
		f := &fitted{a: &app{out: &out, errOut: &errOut, wide: wide}}
		f.WriteString(engineTable)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if wide {
			if !strings.Contains(out.String(), "0.9876543209876543") || !strings.Contains(out.String(), "['core") || errOut.Len() > 0 {
				t.Errorf("--wide leaves out: %s%s", out.String(), errOut.String())
			}
			continue
		}
		if widestLine(out.String()) > 80 || !strings.Contains(out.String(), " 0.9877 │") || strings.Contains(out.String(), "core") || !strings.Contains(out.String(), "simulated") {
			t.Errorf("not 80 columns with sensible digits:\n%s", out.String())
		}
		if errOut.String() != "left out for want of room: packs (--wide shows all)\n" {
			t.Errorf("says %q", errOut.String())
		}
	}
}

func TestLongTextIsCutBeforeColumnsAreLeftOut(t *testing.T) {
	t.Setenv("COLUMNS", "60")
	var out, errOut bytes.Buffer
	f := &fitted{a: &app{out: &out, errOut: &errOut}}
	long := strings.Repeat("x", 77)
	f.WriteString("┌─evidence" + strings.Repeat("─", 69) + "─┬─flows─┐\n│ " + long + " │  9171 │\n└" + strings.Repeat("─", 79) + "┴───────┘\n")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if widestLine(out.String()) != 60 || !strings.Contains(out.String(), "…") || !strings.Contains(out.String(), "9171") || !strings.Contains(errOut.String(), "evidence") {
		t.Errorf("%s%s", out.String(), errOut.String())
	}
}

func TestTableWithBordersInTextsStays(t *testing.T) {
	var out, errOut bytes.Buffer
	f := &fitted{a: &app{out: &out, errOut: &errOut}}
	text := "┌─a─────┐\n│ x │ y │\n└───────┘\n"
	f.WriteString(text)
	if err := f.Close(); err != nil || out.String() != text {
		t.Errorf("%q, %v; want it as it came", out.String(), err)
	}
}

func TestSheetFits(t *testing.T) {
	t.Setenv("COLUMNS", "60")
	var out, errOut bytes.Buffer
	a := &app{out: &out, errOut: &errOut}
	s := sheet{heads: []string{"DATE", "NOTE", "SURE", "ID"}, optional: []string{"SURE"}, whole: []string{"ID"}}
	s.add("2018-04-16", "a long text that has to be broken into lines", "high", strings.Repeat("x", 32))
	if err := a.print(s); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	if widestLine(got) > 60 || !strings.Contains(got, strings.Repeat("x", 32)) || strings.Contains(got, "SURE") || !strings.Contains(errOut.String(), "sure") {
		t.Errorf("%s%s", got, errOut.String())
	}
	for _, word := range strings.Fields("a long text that has to be broken into lines") {
		if !strings.Contains(got, word) {
			t.Errorf("%q is lost:\n%s", word, got)
		}
	}
}

// What the commands print has room on 80 columns, whatever the names are.
func TestPrintedTablesFit(t *testing.T) {
	t.Setenv("COLUMNS", "")
	long := strings.Repeat("telemetry/of/a/sensor/", 8)
	number := account.Number(123456.789)
	group := study.Group{By: "regime", Value: "partly free", Mean: number, Low: -number, High: number}
	for name, print := range map[string]func(*app) error{
		"study": func(a *app) error {
			return writeSheets(a.out, study.Average{Groups: []study.Group{group}}, a.printTitled)
		},
		"reconcile": func(a *app) error {
			return a.printReconciliation(load.Reconciliation{Checks: []load.Check{{What: "rows of usage", Ledger: 1 << 60, Tables: 1 << 60}},
				Differences: []load.Difference{{Source: long, What: "stored", Ledger: 1 << 60}}})
		},
		"blocklist": func(a *app) error {
			return a.printBlocklist(blocklistCounts{AsOf: "2018-04-17", Addresses: 1 << 60, AddressesDistinct: 1 << 60,
				Overlap: map[string]uint64{long: 1 << 60}, OverlapDistinct: map[string]uint64{long: 1 << 60}}, false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			if err := print(&app{out: &out, errOut: &errOut}); err != nil {
				t.Fatal(err)
			}
			if out.Len() == 0 || widestLine(out.String()) > usualWidth {
				t.Errorf("%d columns:\n%s", widestLine(out.String()), out.String())
			}
		})
	}
}
