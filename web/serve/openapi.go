package serve

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/banshift/banshift/queries"
	"github.com/banshift/banshift/study/account"
)

type object = map[string]any

// OpenAPI describes what the page's server answers, in OpenAPI 3.1.
func OpenAPI() ([]byte, error) {
	types := schemas{}
	paths := object{}
	for _, r := range routes {
		answer := object{"application/json": object{"schema": types.of(reflect.TypeOf(r.answer))}}
		says := r.says
		if r.formats {
			answer["text/csv"] = object{"schema": object{"type": "string"}}
			answer["application/vnd.apache.parquet"] = object{"schema": object{"type": "string", "format": "binary"}}
			q, err := queries.Get(r.query)
			if err != nil {
				return nil, err
			}
			for _, c := range q.Columns {
				types.describe(reflect.TypeOf(r.answer).Elem(), c.Name, c.Text)
			}
		}
		failed := object{"description": "what is wrong", "content": object{"application/json": object{"schema": object{"type": "object", "properties": object{"error": object{"type": "string"}}, "required": []string{"error"}}}}}
		paths[r.path] = object{"get": object{"summary": says, "parameters": r.described(),
			"responses": object{"200": object{"description": "the answer", "content": answer}, "400": failed, "502": failed, "503": failed}}}
	}
	paths["/feed.atom"] = feedPath("Spikes and events as an Atom feed.", "application/atom+xml")
	paths["/feed.json"] = feedPath("Spikes and events as a JSON feed (version 1.1).", "application/feed+json")
	document := object{"openapi": "3.1.0",
		"info": object{"title": "banshift serve", "version": "1",
			"description": "What the page of `banshift serve` asks of its own server. Every address is below the one that serve prints, which has the token in it: http://127.0.0.1:8080/TOKEN/api/places. Fields are added, and neither removed nor renamed, within a version."},
		"paths": paths, "components": object{"schemas": types}}
	return json.MarshalIndent(document, "", "  ")
}

func feedPath(says, kind string) object {
	return object{"get": object{"summary": says, "responses": object{"200": object{"description": "the feed", "content": object{kind: object{"schema": object{"type": "string"}}}}}}}
}

func (r route) described() []object {
	list := []object{}
	for _, name := range r.params {
		p := parameters[name]
		list = append(list, object{"name": name, "in": "query", "required": name == r.needs, "description": p.says,
			"schema": object{"type": "string", "pattern": p.form.String()}})
	}
	return list
}

// schemas are the named types of answers.
type schemas map[string]object

// of gives the schema of a type; structs are named and referred to.
func (s schemas) of(t reflect.Type) object {
	if t == reflect.TypeFor[account.Number]() {
		return object{"type": []string{"number", "null"}}
	}
	if t == reflect.TypeFor[time.Time]() {
		return object{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return object{"anyOf": []object{s.of(t.Elem()), {"type": "null"}}}
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Struct:
		s.add(t)
		return object{"$ref": "#/components/schemas/" + nameOf(t)}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	default:
		return object{"type": "integer"}
	}
}

func (s schemas) add(t reflect.Type) {
	if _, known := s[nameOf(t)]; known {
		return
	}
	properties, required := object{}, []string{}
	s[nameOf(t)] = object{"type": "object", "properties": properties, "required": nil}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		properties[name] = s.of(t.Field(i).Type)
		if options != "omitempty" {
			required = append(required, name)
		}
	}
	s[nameOf(t)]["required"] = required
}

// describe says what a field means.
func (s schemas) describe(t reflect.Type, field, text string) {
	if property, known := s[nameOf(t)]["properties"].(object)[field].(object); known {
		property["description"] = text
	}
}

func nameOf(t reflect.Type) string { return account.UpperFirst(t.Name()) }
