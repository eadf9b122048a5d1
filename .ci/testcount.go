// Testcount reads `go test -json` on stdin, prints what failed with its output and
// what was skipped with its reason, and closes with "N passed, N failed, N skipped".
// A test with subtests counts as its subtests. It exits with 1 where something failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// event is one line of `go test -json` (cmd/test2json).
type event struct {
	Action      string
	Package     string
	ImportPath  string // of a build event
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
}

type key struct{ pkg, test string }

func main() {
	outcome := map[key]string{}
	output := map[key]*strings.Builder{}
	parents := map[key]bool{}
	failedIn := map[string]bool{}
	var order []key

	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text())
			continue
		}
		k := key{e.Package, e.Test}
		switch e.Action {
		case "output":
			if output[k] == nil {
				output[k] = &strings.Builder{}
			}
			output[k].WriteString(e.Output)
		case "build-output":
			fmt.Print(e.Output)
		case "run":
			if i := strings.LastIndexByte(e.Test, '/'); i > 0 {
				parents[key{e.Package, e.Test[:i]}] = true
			}
		case "pass", "fail", "skip":
			if e.Test == "" {
				fmt.Printf("%-4s %s %.1fs\n", e.Action, e.Package, e.Elapsed)
				if e.Action != "fail" {
					continue
				}
				if failedIn[e.Package] {
					continue // a test of it is counted
				}
			}
			if e.Action == "fail" {
				failedIn[e.Package] = true
			}
			outcome[k] = e.Action
			order = append(order, k)
		}
	}
	if err := in.Err(); err != nil {
		fmt.Fprintln(os.Stderr, "reading test events:", err)
		os.Exit(1)
	}

	count := map[string]int{}
	failedUnder := map[key]bool{}
	for _, k := range order {
		if outcome[k] == "fail" {
			if i := strings.LastIndexByte(k.test, '/'); i > 0 {
				failedUnder[key{k.pkg, k.test[:i]}] = true
			}
		}
	}
	for _, k := range order {
		action := outcome[k]
		// A parent counts only where it failed by itself and not through a subtest, but
		// what it printed may say why.
		if !parents[k] || action == "fail" && !failedUnder[k] {
			count[action]++
		} else if action != "fail" {
			continue
		}
		if action == "pass" {
			continue
		}
		fmt.Printf("--- %s %s %s\n", action, k.pkg, k.test)
		if out := output[k]; out != nil {
			fmt.Print(indent(out.String()))
		}
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", count["pass"], count["fail"], count["skip"])
	if count["fail"] > 0 {
		os.Exit(1)
	}
}

// indent drops the runner's own lines and sets the rest off.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if s := strings.TrimSpace(line); strings.HasPrefix(s, "=== ") || strings.HasPrefix(s, "--- ") {
			continue
		}
		b.WriteString("    " + line)
	}
	return b.String()
}
