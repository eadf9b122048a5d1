package load

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAddress(t *testing.T) {
	t.Setenv(EnvPassword, "from-environment")
	for dsn, want := range map[string]address{
		"clickhouse://db": {"db", 9000, 8123, "default", "from-environment", "banshift", false, "", ""},
		"clickhouse://u:p@db:9001/x?http_port=8124":     {"db", 9001, 8124, "u", "p", "x", false, "", ""},
		"clickhouse://u:@db/x":                          {"db", 9000, 8123, "u", "", "x", false, "", ""},
		"clickhouse://u@db/x?secure=true&cluster=main":  {"db", 9440, 8443, "u", "from-environment", "x", true, "main", ""},
		"clickhouse://u@[2001:db8::1]:9000/x?secure=no": {},
		"clickhouse://u@[2001:db8::1]:9000/x":           {"2001:db8::1", 9000, 8123, "u", "from-environment", "x", false, "", ""},
		"clickhouse://u:@db/x?shards=s":                 {"db", 9000, 8123, "u", "", "x", false, "", "s"},
		"clickhouse://u:@db/x?shards=s&cluster=main":    {},
		"clickhouse:///x":                               {},
		"clickhouse://db/x/y":                           {},
		"clickhouse://db:0/x":                           {},
		"clickhouse://db/x?http_port=99999":             {},
		"clickhouse://db/x?compression=lz4":             {},
		"postgres://db/x":                               {},
		"clickhouse://u:se%zzcret@db/x":                 {},
	} {
		t.Run(dsn, func(t *testing.T) {
			got, err := parseAddress(dsn)
			if (err != nil) != (want == address{}) {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(got, want, cmp.AllowUnexported(address{})); diff != "" {
				t.Errorf("(-got, +want):\n%s", diff)
			}
		})
	}
}

func TestAddressErrorsHideThePassword(t *testing.T) {
	for _, dsn := range []string{
		"clickhouse://u:se%zzcret@db/x", "clickhouse://u:secret@/x", "clickhouse://u:secret@db/x/y",
		"clickhouse://u:secret@db:0/x", "clickhouse://u:secret@db/x?odd=1", "http://u:secret@db/x",
	} {
		_, err := parseAddress(dsn)
		if err == nil {
			t.Fatalf("%s: no error", dsn)
		}
		if strings.Contains(err.Error(), "cret") {
			t.Errorf("the password is in %q", err)
		}
	}
}

// TestPasswordOf reads a password from its variable or from a file, and never from both.
func TestPasswordOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(" sesame \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		variable, file string
		want, fails    string
	}{
		"neither":      {},
		"variable":     {variable: "x", want: "x"},
		"file":         {file: file, want: " sesame "},
		"both":         {variable: "x", file: file, fails: "both set"},
		"no such file": {file: file + "-gone", fails: "BANSHIFT_STORE_PASSWORD_FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(EnvPassword, c.variable)
			t.Setenv(EnvPassword+FileSuffix, c.file)
			got, err := PasswordOf(EnvPassword)
			if got != c.want || (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%q %v", got, err)
			}
			a, err := parseAddress("clickhouse://me@db/banshift")
			if a.password != c.want || (err == nil) != (c.fails == "") {
				t.Errorf("of an address: %q %v", a.password, err)
			}
		})
	}
}
