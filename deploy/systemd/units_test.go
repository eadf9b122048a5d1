// Package systemd tests the units that deploy the program.
package systemd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// hardening is what every unit has: what a program needs that reads topics and files and writes one directory.
var hardening = map[string]string{
	"NoNewPrivileges": "yes", "CapabilityBoundingSet": "", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes",
	"ProtectKernelModules": "yes", "ProtectKernelTunables": "yes", "ProtectControlGroups": "yes", "RestrictNamespaces": "yes", "RestrictSUIDSGID": "yes",
	"LockPersonality": "yes", "SystemCallArchitectures": "native", "LimitCORE": "0", "UMask": "0077", "User": "banshift", "Type": "notify", "Restart": "always",
}

// unit is the settings of a unit by section; the last of a name counts.
func unit(t *testing.T, path string) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sections, section := map[string]map[string]string{}, ""
	for n, line := range strings.Split(string(text), "\n") {
		switch key, value, isSetting := strings.Cut(line, "="); {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			section = line[1 : len(line)-1]
			sections[section] = map[string]string{}
		case !isSetting || section == "":
			t.Errorf("%s:%d: %q is no setting", path, n+1, line)
		default:
			sections[section][key] = value
		}
	}
	return sections
}

// The units are hardened, start commands and flags that the program has, and name files that are here.
func TestUnits(t *testing.T) {
	reference, err := os.ReadFile("../../docs/reference/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	environment, err := os.ReadFile("environment")
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("*.service")
	if err != nil || len(paths) != 2 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		service := unit(t, path)["Service"]
		for key, want := range hardening {
			if got, set := service[key]; got != want || !set {
				t.Errorf("%s: %s=%s, want %s", path, key, got, want)
			}
		}
		start := strings.Fields(service["ExecStart"])
		if len(start) < 2 || !strings.Contains(string(reference), "## banshift "+start[1]+"\n") {
			t.Errorf("%s: %v is no command", path, start)
		}
		for _, word := range start {
			if flag, isFlag := strings.CutPrefix(word, "--"); isFlag && !strings.Contains(string(reference), "`--"+flag) {
				t.Errorf("%s: --%s is no flag", path, flag)
			}
			if name, isHere := strings.CutPrefix(word, "/etc/banshift/"); isHere {
				if _, err := os.Stat(name); err != nil {
					t.Errorf("%s: %v", path, err)
				}
			}
			if name, isVariable := strings.CutPrefix(word, "$"); isVariable && !slices.ContainsFunc(strings.Split(string(environment), "\n"), func(l string) bool { return strings.HasPrefix(l, name+"=") }) {
				t.Errorf("%s: %s is not in the file environment", path, name)
			}
		}
	}
}

// systemd itself says how far a unit that was broken into reaches: 10 is all, 0 nothing.
func TestUnitsAreExposedLittle(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is absent")
	}
	for _, path := range []string{"banshift.service", "banshift-serve.service"} {
		out, err := exec.Command(analyze, "security", "--offline=true", "--no-pager", "./"+path).CombinedOutput()
		m := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
		if m == nil {
			t.Skipf("%s: this systemd looks at running units only: %v", path, err)
		}
		if level, err := strconv.ParseFloat(string(m[1]), 64); err != nil || level >= 3 {
			t.Errorf("%s: exposure %s, want less than 3", path, m[1])
		}
		// What else it names is that the program is not installed here.
		verified, _ := exec.Command(analyze, "verify", "--man=no", "./"+path).CombinedOutput()
		for line := range strings.Lines(string(verified)) {
			if strings.Contains(line, path) && !strings.Contains(line, "is not executable") {
				t.Errorf("%s", line)
			}
		}
	}
}
