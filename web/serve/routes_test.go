package serve

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/web/serve/sample"
)

var update = flag.Bool("update", false, "write the generated files anew")

// TestGenerated compares what is made from the routes with what is committed.
func TestGenerated(t *testing.T) {
	document, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]byte{"../src/answers.ts": []byte(typeScript()), "../../docs/reference/api.json": append(document, '\n')} {
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the routes say (%v): run go test ./web/serve -update", path, err)
		}
	}
}

// TestRowsAreTheQueries holds the types of answers against the columns of the queries.
func TestRowsAreTheQueries(t *testing.T) {
	for _, r := range routes {
		if r.query == "" {
			continue
		}
		q, err := queries.Get(r.query)
		if err != nil {
			t.Fatal(err)
		}
		var fields, columns []string
		for i := range reflect.TypeOf(r.answer).Elem().NumField() {
			fields = append(fields, reflect.TypeOf(r.answer).Elem().Field(i).Tag.Get("json"))
		}
		for _, c := range q.Columns {
			columns = append(columns, c.Name)
		}
		if !slices.Equal(fields, columns) {
			t.Errorf("%s: fields %v, columns of %s %v", r.path, fields, r.query, columns)
		}
		for _, name := range r.params {
			if name != "format" && !slices.ContainsFunc(q.Params, func(p queries.Param) bool { return p.Name == name }) {
				t.Errorf("%s takes %s, which %s does not", r.path, name, r.query)
			}
		}
	}
}

// TestAnswersAreAsDescribed asks every route and compares the answer's fields with the document.
func TestAnswersAreAsDescribed(t *testing.T) {
	h := handler(t, sample.Store{})
	given := map[string]string{"": "", "country": "?country=ru", "event": "?event=ru-x-2018"}
	for _, r := range routes {
		target := r.path + given[r.needs]
		if r.path == "/api/hours" {
			target += "&from=2018-04-16&to=2018-04-17"
		}
		w := get(h, "GET", here, target)
		into := reflect.New(reflect.TypeOf(r.answer))
		decoder := json.NewDecoder(w.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(into.Interface()); err != nil {
			t.Errorf("%s: %d %v", r.path, w.Code, err)
		}
	}
	var document struct {
		Paths map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(get(h, "GET", here, "/api/openapi.json").Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	for path := range document.Paths {
		if w := get(h, "GET", here, path+"?country=ru"); w.Code != 200 && !strings.Contains(path, "{") && w.Code != 400 {
			t.Errorf("%s is described and answers %d", path, w.Code)
		}
	}
}
