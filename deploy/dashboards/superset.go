package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"gopkg.in/yaml.v3"

	"github.com/banshift/banshift/queries"
)

// supersetVersion is the version of the format of the bundle.
const supersetVersion = "1.0.0"

// supersetMade stands for the time of making, so that the same board gives the same bundle.
const supersetMade = "2018-04-16T00:00:00+00:00"

// supersetAddress is an address to be replaced; Superset asks for the password that is masked when it imports.
const supersetAddress = "clickhousedb://dashboards:XXXXXXXXXX@127.0.0.1:8123/banshift"

// superset fills a statement with the defaults of its parameters: countries and days are chosen by Superset's own filters.
var superset = dialect{}

// asID is the identity of a part of the bundle: the same for the same name, so that an import replaces the one before.
func asID(kind, name string) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("banshift:superset:"+kind+":"+name)).String()
}

// file is the name of a panel's files.
func (p panel) file() string { return strings.ReplaceAll(strings.ToLower(p.Title), " ", "-") }

// supersetBundle gives the files of the bundle by name: a data set and a chart for each panel, one dashboard, one database.
func (b board) supersetBundle() (map[string][]byte, error) {
	parts := map[string]any{
		"metadata.yaml": object{"version": supersetVersion, "type": "Dashboard", "timestamp": supersetMade},
		"databases/banshift.yaml": object{"database_name": "banshift", "sqlalchemy_uri": supersetAddress, "expose_in_sqllab": true,
			"allow_run_async": false, "allow_ctas": false, "allow_cvas": false, "allow_dml": false, "extra": object{}, "uuid": asID("database", "banshift"), "version": supersetVersion},
		"dashboards/banshift.yaml": b.supersetDashboard(),
	}
	for _, p := range b.Panels {
		q, err := queries.Get(p.Query)
		if err != nil {
			return nil, err
		}
		parts["datasets/banshift/"+p.file()+".yaml"] = p.supersetDataset(q)
		parts["charts/"+p.file()+".yaml"] = p.supersetChart(q)
	}
	made := map[string][]byte{}
	for name, part := range parts {
		var text bytes.Buffer
		encoder := yaml.NewEncoder(&text)
		encoder.SetIndent(2)
		if err := encoder.Encode(part); err != nil {
			return nil, fmt.Errorf("superset: %s: %w", name, err)
		}
		made["superset/"+name] = text.Bytes()
	}
	return made, nil
}

// supersetDataset is a named query of all countries, with its columns and what they mean.
func (p panel) supersetDataset(q queries.Query) object {
	var columns []object
	for _, c := range q.Columns {
		columns = append(columns, object{"column_name": c.Name, "description": c.Text, "is_dttm": c.Name == p.Time, "is_active": true, "groupby": true, "filterable": true})
	}
	dataset := object{"table_name": p.Title, "schema": "banshift", "description": q.Question, "sql": strings.TrimSpace(superset.fill(q.SQL, q.Params)),
		"columns": columns, "metrics": []object{}, "uuid": asID("dataset", p.Title), "database_uuid": asID("database", "banshift"), "version": supersetVersion}
	if p.Time != "" {
		dataset["main_dttm_col"] = p.Time
	}
	return dataset
}

// supersetChart is lines over time, or a table. All keys of the query tell the lines apart, so that what is drawn is the
// row's own number: distinct clients do not add up.
func (p panel) supersetChart(q queries.Query) object {
	chart := object{"slice_name": p.Title, "description": q.Question, "uuid": asID("chart", p.Title), "dataset_uuid": asID("dataset", p.Title), "version": supersetVersion}
	if len(p.Values) == 0 {
		chart["viz_type"] = "table"
		chart["params"] = object{"viz_type": "table", "query_mode": "raw", "all_columns": p.Columns, "row_limit": 1000}
		return chart
	}
	kind := "echarts_timeseries_line"
	if p.Stack {
		kind = "echarts_area"
	}
	var metrics []object
	for _, v := range p.Values {
		metrics = append(metrics, object{"expressionType": "SQL", "sqlExpression": "max(" + v + ")", "label": v, "hasCustomLabel": true, "optionName": "metric_" + v})
	}
	var lines []string
	for _, c := range q.Columns {
		if c.Role == queries.Key && c.Name != p.Time {
			lines = append(lines, c.Name)
		}
	}
	params := object{"viz_type": kind, "x_axis": p.Time, "time_grain_sqla": "P1D", "metrics": metrics, "groupby": lines,
		"row_limit": 50000, "rich_tooltip": true, "show_legend": true, "adhoc_filters": []object{}}
	if p.Stack {
		params["stack"] = "Stack"
	}
	if p.Unit == "percentunit" {
		params["y_axis_format"] = ".1%"
	}
	chart["viz_type"], chart["params"] = kind, params
	return chart
}

// supersetWidth is how many columns a row of a dashboard has.
const supersetWidth = 12

// supersetDashboard lays the charts out in rows, with a filter of countries and one of days.
func (b board) supersetDashboard() object {
	position := object{"DASHBOARD_VERSION_KEY": "v2",
		"ROOT_ID": object{"type": "ROOT", "id": "ROOT_ID", "children": []string{"GRID_ID"}}}
	var rows, children []string
	row, used := "", 0
	closeRow := func() {
		if row != "" {
			position[row] = object{"type": "ROW", "id": row, "children": children, "parents": []string{"ROOT_ID", "GRID_ID"}, "meta": object{"background": "BACKGROUND_TRANSPARENT"}}
		}
	}
	for i, p := range b.Panels {
		width := p.Width * supersetWidth / rowWidth
		if row == "" || used+width > supersetWidth {
			closeRow()
			row, used, children = fmt.Sprintf("ROW-%d", len(rows)+1), 0, nil
			rows = append(rows, row)
		}
		id := fmt.Sprintf("CHART-%d", i+1)
		children, used = append(children, id), used+width
		position[id] = object{"type": "CHART", "id": id, "children": []string{}, "parents": []string{"ROOT_ID", "GRID_ID", row},
			"meta": object{"uuid": asID("chart", p.Title), "sliceName": p.Title, "width": width, "height": 50, "chartId": i + 1}}
	}
	closeRow()
	position["GRID_ID"] = object{"type": "GRID", "id": "GRID_ID", "children": rows, "parents": []string{"ROOT_ID"}}
	return object{"dashboard_title": b.Title, "slug": "banshift", "published": true, "css": "", "uuid": asID("dashboard", b.Title), "version": supersetVersion,
		"position": position, "metadata": object{"native_filter_configuration": b.supersetFilters(), "cross_filters_enabled": true}}
}

// supersetFilters are the choice of a country, Russia at first, and of days.
func (b board) supersetFilters() []object {
	everywhere := object{"rootPath": []string{"ROOT_ID"}, "excluded": []int{}}
	first := b.Panels[0].Title
	return []object{
		{"id": "NATIVE_FILTER-country", "name": "Country", "type": "NATIVE_FILTER", "filterType": "filter_select", "scope": everywhere, "cascadeParentIds": []string{},
			"targets":         []object{{"datasetUuid": asID("dataset", first), "column": object{"name": "country"}}},
			"controlValues":   object{"multiSelect": true, "enableEmptyFilter": false},
			"defaultDataMask": object{"extraFormData": object{"filters": []object{{"col": "country", "op": "IN", "val": []string{"ru"}}}}, "filterState": object{"value": []string{"ru"}}}},
		{"id": "NATIVE_FILTER-days", "name": "Days", "type": "NATIVE_FILTER", "filterType": "filter_time", "scope": everywhere, "cascadeParentIds": []string{}, "targets": []object{{}},
			"controlValues": object{}, "defaultDataMask": object{"extraFormData": object{}, "filterState": object{}}},
	}
}
