package queries

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryQueryParses(t *testing.T) {
	all, err := List()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 11 {
		t.Errorf("%d queries, want at least 11", len(all))
	}
	for _, q := range all {
		if strings.Contains(q.SQL, ";") {
			t.Errorf("%s: more than one statement", q.Name)
		}
		if regexp.MustCompile(`\b(usage|usage_named|coverage)\b`).MatchString(q.SQL) {
			t.Errorf("%s reads client-hours: what is shown comes from finished counts", q.Name)
		}
		for _, c := range q.Columns {
			if strings.HasSuffix(c.Name, "clients") != (c.Role == Clients) && c.Name != "using" && c.Name != "tried" && !strings.HasSuffix(c.Name, "_days") {
				t.Errorf("%s: column %s has the role %s", q.Name, c.Name, c.Role)
			}
		}
	}
}

func TestParse(t *testing.T) {
	const good = "-- title: T\n-- question: Q?\n-- param a String = '': one\n-- param b Array(String) = ['x','y']: two\n" +
		"-- param c Enum8('l' = 1) = 'l': three\n-- column x key: the x\nSELECT {a:String}, {b:Array(String)}, {c:Enum8('l' = 1)} AS x\n"
	q, err := parse("q", good)
	if err != nil {
		t.Fatal(err)
	}
	want := []Param{{"a", "String", "", "one"}, {"b", "Array(String)", "['x','y']", "two"}, {"c", "Enum8('l' = 1)", "l", "three"}}
	if diff := cmp.Diff(q.Params, want); diff != "" {
		t.Errorf("parameters (-got, +want):\n%s", diff)
	}
	values, err := q.Values(map[string]string{"a": "ru"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(values, map[string]string{"a": "ru", "b": "['x','y']", "c": "l"}); diff != "" {
		t.Errorf("values (-got, +want):\n%s", diff)
	}
	if _, err := q.Values(map[string]string{"d": ""}); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown parameter: %v", err)
	}
	for name, bad := range map[string]string{
		"no title":        strings.Replace(good, "-- title: T\n", "", 1),
		"odd header":      "-- titel: T\n" + good,
		"not in header":   strings.Replace(good, "-- param a String = '': one\n", "", 1),
		"not in SQL":      strings.Replace(good, "{a:String}, ", "", 1),
		"different types": strings.Replace(good, "{a:String}", "{a:UInt8}", 1),
		"no role":         strings.Replace(good, "-- column x key: the x", "-- column x: the x", 1),
		"unknown role":    strings.Replace(good, "-- column x key: the x", "-- column x users: the x", 1),
		"no columns":      strings.Replace(good, "-- column x key: the x\n", "", 1),
	} {
		if _, err := parse("q", bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestGetListsNames(t *testing.T) {
	_, err := Get("no_such_question")
	if !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "use_by_tool_day") {
		t.Errorf("got %v", err)
	}
}
