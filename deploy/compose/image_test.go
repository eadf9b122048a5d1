package compose

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// instruction is one of a Containerfile.
type instruction struct {
	line       int
	name, text string
}

// instructions reads a Containerfile: continued lines are joined, comments left out.
func instructions(t *testing.T) (all []instruction) {
	t.Helper()
	file, err := os.Open("Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, begun := bufio.NewScanner(file), ""
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if rest, goesOn := strings.CutSuffix(line, `\`); goesOn {
			begun += rest
			continue
		}
		name, text, _ := strings.Cut(begun+line, " ")
		all, begun = append(all, instruction{n, name, strings.TrimSpace(text)}), ""
	}
	return all
}

// execForm reads a command that no shell takes apart.
func execForm(text string) (words []string) {
	if i := strings.Index(text, "["); i >= 0 {
		_ = json.Unmarshal([]byte(text[i:]), &words) // nil where it is none
	}
	return words
}

// complaints are what is wrong with a Containerfile, by rules of hadolint (DL…) and some of our own.
func complaints(all []instruction) (found []string) {
	last := map[string]string{}
	stages := map[string]bool{"scratch": true}
	for _, i := range all {
		say := func(rule string) { found = append(found, rule+": "+i.name+" "+i.text) }
		last[i.name] = i.text
		switch i.name {
		case "FROM":
			image, stage, _ := strings.Cut(i.text, " AS ")
			if !stages[image] && !regexp.MustCompile(`(:[^:@]*\d[^:@]*|@sha256:[0-9a-f]{64})$`).MatchString(image) {
				say("DL3006 or DL3007, no version")
			}
			stages[stage] = true
			clear(last)
		case "ADD":
			say("DL3020, COPY does it, and fetches nothing")
		case "COPY":
			if _, from, is := strings.Cut(i.text, "--from="); is && !stages[strings.Fields(from)[0]] {
				say("DL3022, no such stage")
			}
		case "RUN":
			if regexp.MustCompile(`\bsudo\b|curl|wget`).MatchString(i.text) {
				say("DL3004 or DL4001, neither sudo nor a download")
			}
			if strings.Contains(i.text, "apt-get install") && !(strings.Contains(i.text, "--yes") && strings.Contains(i.text, "--no-install-recommends") && strings.Contains(i.text, "rm -rf /var/lib/apt/lists/*")) {
				say("DL3009, DL3014 or DL3015, how packages are installed")
			}
		case "ENTRYPOINT", "CMD", "HEALTHCHECK":
			if execForm(i.text) == nil {
				say("DL3025, a shell is needed")
			}
		case "ENV", "ARG":
			if regexp.MustCompile(`(?i)password|secret|token|_key=`).MatchString(i.text) {
				say("a secret in the image")
			}
		case "WORKDIR", "USER", "VOLUME", "EXPOSE", "LABEL":
		default:
			say("DL4000, no instruction that is known")
		}
	}
	if user := last["USER"]; !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user) {
		found = append(found, "DL3002, a user by number that is not root: USER "+user)
	}
	for _, needed := range []string{"ENTRYPOINT", "HEALTHCHECK"} {
		if last[needed] == "" {
			found = append(found, needed+" is missing")
		}
	}
	return found
}

func TestContainerfile(t *testing.T) {
	for _, c := range complaints(instructions(t)) {
		t.Error(c)
	}
	for _, wrong := range []instruction{
		{1, "FROM", "debian"}, {1, "FROM", "debian:latest"}, {1, "ADD", "https://example.org/x /x"}, {1, "COPY", "--from=nowhere /a /b"}, {1, "RUN", "curl x | sh"},
		{1, "RUN", "apt-get install curl"}, {1, "ENTRYPOINT", "banshift run"}, {1, "ENV", "PASSWORD=x"}, {1, "USER", "root"}, {1, "USER", "0:0"}, {1, "FORM", "x"},
	} {
		if good := complaints(instructions(t)); len(complaints(append(instructions(t), wrong))) <= len(good) {
			t.Errorf("nothing is said of %s %s", wrong.name, wrong.text)
		}
	}
}

// TestImageStarts assembles the file system of the image as the Containerfile's COPY lines say, from a program that was built,
// and starts the program in it: as the image's user, on a root that nobody may write to.
func TestImageStarts(t *testing.T) {
	context := t.TempDir()
	program, err := os.ReadFile("../../bin/banshift")
	if err != nil {
		t.Skip("bin/banshift is absent: make build")
	}
	if os.Getuid() != 0 || exec.Command("unshare", "--mount", "true").Run() != nil {
		t.Skip("mounts and chroot are not permitted here: the image's program was not started")
	}
	put(t, filepath.Join(context, "banshift"), program)
	script, err := os.ReadFile("root.sh")
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(context, "deploy/compose/root.sh"), script)
	stages := map[string]string{"": context} // where each stage's files are; the last one's is the image
	root, user, environment := "", "", []string(nil)
	var entry, health []string
	for _, i := range instructions(t) {
		switch i.name {
		case "FROM":
			_, stage, _ := strings.Cut(i.text, " AS ")
			root = t.TempDir()
			stages[stage+" "] = root // "" is the context
			if stage != "" {
				stages[stage] = root
			}
		case "COPY":
			copyInto(t, stages, root, i.text)
		case "RUN":
			// What is installed comes from this machine; commands get the paths of the stage.
			if words := execForm(i.text); words != nil {
				for n, word := range words {
					words[n] = filepath.Join(root, word)
				}
				if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
					t.Fatalf("%s: %v: %s", i.text, err, out)
				}
			}
		case "USER":
			user = i.text
		case "ENV":
			environment = append(environment, i.text)
		case "ENTRYPOINT":
			entry = execForm(i.text)
		case "HEALTHCHECK":
			health = execForm(i.text)
		}
	}
	if err := os.Mkdir(filepath.Join(root, "proc"), 0o555); err != nil { // as a runtime does
		t.Fatal(err)
	}
	start := func(command ...string) (string, error) {
		const enter = `mount --bind "$0" "$0" && mount --bind /proc "$0/proc" && mount -o remount,ro,bind "$0" && user=$1 && shift && exec chroot --userspec="$user" "$0" "$@"`
		process := exec.Command("unshare", append([]string{"--mount", "sh", "-c", enter, root, user}, command...)...)
		process.Env = append(environment, "PATH="+os.Getenv("PATH"))
		out, err := process.CombinedOutput()
		return string(out), err
	}
	if out, err := start(append(slices.Clone(entry), "version")...); err != nil || !strings.HasPrefix(out, "banshift ") {
		t.Errorf("version: %v: %s", err, out)
	}
	// Nothing runs, so that it cannot be healthy.
	if out, err := start(health...); err == nil || !strings.Contains(out, "no program answers") {
		t.Errorf("health: %v: %s", err, out)
	}
	for _, none := range []string{"bin/sh", "usr/bin/sh", "usr/bin/apt"} {
		if _, err := os.Stat(filepath.Join(root, none)); err == nil {
			t.Errorf("the image has %s", none)
		}
	}
	state, err := os.Stat(filepath.Join(root, "var/lib/banshift"))
	if err != nil || state.Mode().Perm() != 0o700 {
		t.Errorf("the program's directory: %v %v", state, err)
	}
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
}

// copyInto does what a COPY line says.
func copyInto(t *testing.T, stages map[string]string, root, text string) {
	t.Helper()
	from, owner := stages[""], ""
	words := strings.Fields(text)
	for len(words) > 0 && strings.HasPrefix(words[0], "--") {
		switch name, value, _ := strings.Cut(words[0], "="); name {
		case "--from":
			from = stages[value]
		case "--chown":
			owner = value
		}
		words = words[1:]
	}
	to := filepath.Join(root, words[len(words)-1])
	inside := strings.HasSuffix(words[len(words)-1], "/")
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, word := range words[:len(words)-1] {
		source := filepath.Join(from, word)
		args := []string{"-a", source, to}
		if info, err := os.Stat(source); err != nil {
			t.Fatal(err)
		} else if info.IsDir() {
			args = []string{"-aT", source, to}
		} else if inside {
			if err := os.MkdirAll(to, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := exec.Command("cp", args...).CombinedOutput(); err != nil {
			t.Fatalf("COPY %s: %s", text, out)
		}
	}
	if owner != "" {
		if out, err := exec.Command("chown", "-R", owner, to).CombinedOutput(); err != nil {
			t.Fatalf("%s", out)
		}
	}
}
