package main

import (
	"encoding/json"

	"github.com/banshift/banshift/queries"
)

type object = map[string]any

// source names the data source by a variable of the board, so that the file fits every Grafana.
var source = object{"type": "grafana-clickhouse-datasource", "uid": "${datasource}"}

// formats of a statement's answer, as the data source numbers them.
const (
	asSeries = 0
	asTable  = 1
)

func target(ref, sql string, format int) object {
	kind := "timeseries"
	if format == asTable {
		kind = "table"
	}
	return object{"refId": ref, "datasource": source, "editorType": "sql", "rawSql": sql, "format": format, "queryType": kind}
}

// grafana gives the board as Grafana imports it (dashboard JSON, schema version 39).
func (b board) grafana() ([]byte, error) {
	annotations, err := b.annotations()
	if err != nil {
		return nil, err
	}
	variables, err := b.variables()
	if err != nil {
		return nil, err
	}
	panels, err := b.panels()
	if err != nil {
		return nil, err
	}
	content, err := json.MarshalIndent(object{
		"title": b.Title, "uid": "banshift", "schemaVersion": 39, "version": 1, "editable": true, "tags": []string{"banshift"},
		"timezone": "utc", "time": object{"from": "2018-03-01T00:00:00.000Z", "to": "2018-05-31T23:59:59.999Z"},
		"annotations": object{"list": annotations}, "templating": object{"list": variables}, "panels": panels,
	}, "", "  ")
	return append(content, '\n'), err
}

// annotations are the bans of the catalogue and the alarms of the detector.
func (b board) annotations() ([]object, error) {
	var list []object
	for _, a := range []struct{ name, file, colour string }{{"Bans", "bans.sql", "red"}, {"Alarms", "alarms.sql", "orange"}} {
		sql, err := statement(a.file, grafana)
		if err != nil {
			return nil, err
		}
		list = append(list, object{"name": a.name, "enable": true, "iconColor": a.colour, "datasource": source, "target": target("Anno", sql, asTable)})
	}
	return list, nil
}

// variables are what a visitor chooses: the data source, a country, the lowest level of verdicts.
func (b board) variables() ([]object, error) {
	countries, err := statement("countries.sql", grafana)
	if err != nil {
		return nil, err
	}
	use, err := queries.Get("daily_series")
	if err != nil {
		return nil, err
	}
	values, err := use.Values(nil)
	if err != nil {
		return nil, err
	}
	var levels []object
	for _, level := range []string{"possible", "likely", "confirmed"} {
		levels = append(levels, object{"text": level, "value": level, "selected": level == values["level"]})
	}
	return []object{
		{"name": "datasource", "type": "datasource", "label": "Data source", "query": "grafana-clickhouse-datasource"},
		{"name": "country", "type": "query", "label": "Country", "datasource": source, "query": countries, "refresh": 2, "sort": 1,
			"current": object{"text": "ru", "value": "ru"}},
		{"name": "level", "type": "custom", "label": "Lowest level", "query": "possible,likely,confirmed", "options": levels,
			"current": object{"text": values["level"], "value": values["level"]}},
	}, nil
}

// rowHeight and rowWidth are in Grafana's grid.
const (
	rowHeight = 9
	rowWidth  = 24
)

func (b board) panels() ([]object, error) {
	var list []object
	x, y := 0, 0
	for i, p := range b.Panels {
		if x+p.Width > rowWidth {
			x, y = 0, y+rowHeight
		}
		drawn, err := p.grafana(i + 1)
		if err != nil {
			return nil, err
		}
		drawn["gridPos"] = object{"x": x, "y": y, "w": p.Width, "h": rowHeight}
		list = append(list, drawn)
		x += p.Width
	}
	return list, nil
}

func (p panel) grafana(id int) (object, error) {
	q, err := queries.Get(p.Query)
	if err != nil {
		return nil, err
	}
	sql, err := p.sql(grafana)
	if err != nil {
		return nil, err
	}
	drawn := object{"id": id, "title": p.Title, "description": q.Question, "datasource": source}
	if len(p.Values) == 0 {
		drawn["type"], drawn["targets"] = "table", []object{target("A", sql, asTable)}
		return drawn, nil
	}
	custom := object{"lineWidth": 1, "spanNulls": false, "showPoints": "auto"}
	if p.Stack {
		custom["fillOpacity"], custom["stacking"] = 60, object{"mode": "normal", "group": "A"}
	}
	defaults := object{"custom": custom, "min": 0}
	if p.Unit != "" {
		defaults["unit"] = p.Unit
	}
	drawn["type"], drawn["targets"] = "timeseries", []object{target("A", sql, asSeries)}
	drawn["fieldConfig"] = object{"defaults": defaults, "overrides": []object{}}
	return drawn, nil
}
