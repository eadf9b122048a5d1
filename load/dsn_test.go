package load

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAddress(t *testing.T) {
	t.Setenv(EnvPassword, "from-environment")
	for dsn, want := range map[string]address{
		"clickhouse://db": {"db", 9000, 8123, "default", "from-environment", "banshift", false, ""},
		"clickhouse://u:p@db:9001/x?http_port=8124":     {"db", 9001, 8124, "u", "p", "x", false, ""},
		"clickhouse://u:@db/x":                          {"db", 9000, 8123, "u", "", "x", false, ""},
		"clickhouse://u@db/x?secure=true&cluster=main":  {"db", 9440, 8443, "u", "from-environment", "x", true, "main"},
		"clickhouse://u@[2001:db8::1]:9000/x?secure=no": {},
		"clickhouse://u@[2001:db8::1]:9000/x":           {"2001:db8::1", 9000, 8123, "u", "from-environment", "x", false, ""},
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
