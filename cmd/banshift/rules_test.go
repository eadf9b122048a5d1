package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const oneRule = `name: tiny
version: 1.0.0
classes: [{id: tunnel, category: tunnel, doc: "a class"}]
tools: [{id: vpn-x, parent: tunnel, category: vpn, doc: "a test"}]
rules:
  - id: x.port
    tool: vpn-x
    family: ports_proto
    db: 6
    src: expert
    source: "none"
    when: {proto: [udp], server_port: [4242]}
    examples:
      match: [{proto: udp, server_port: 4242}]
      no_match: [{proto: tcp, server_port: 4242}]
`

func packFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tiny.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRulesCheckNamesFileAndRule(t *testing.T) {
	tests := []struct{ name, from, to, want string }{
		{"schema", "family: ports_proto", "family: guesses", "rule x.port: family"},
		{"compile", "tool: vpn-x\n    family", "tool: vpn-y\n    family", `tiny.yaml: rule x.port: unknown tool "vpn-y"`},
		{"anchor", "when: {proto: [udp], server_port: [4242]}", "when: {proto: [udp]}", "tiny.yaml: rule x.port: no condition"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := packFile(t, strings.Replace(oneRule, test.from, test.to, 1))
			code, _, errOut := runCommand(t, "rules", "check", file)
			if code == 0 || !strings.Contains(errOut, test.want) || !strings.Contains(errOut, "tiny.yaml") {
				t.Errorf("code %d, %q: want an error with %q", code, errOut, test.want)
			}
		})
	}
}

func TestRulesTestRunsTheExamples(t *testing.T) {
	code, out, errOut := runCommand(t, "rules", "test", packFile(t, oneRule))
	if code != 0 || !strings.Contains(out, "1 rules hold on 1 examples that they must fire on and 1") {
		t.Errorf("code %d, %q, %q", code, out, errOut)
	}
	wrong := strings.Replace(oneRule, "match: [{proto: udp, server_port: 4242}]", "match: [{proto: udp, server_port: 4243}]", 1)
	code, _, errOut = runCommand(t, "rules", "test", packFile(t, wrong))
	if code == 0 || !strings.Contains(errOut, "tiny.yaml: rule x.port, example match 1: fires false, want true") {
		t.Errorf("code %d, %q", code, errOut)
	}
}
