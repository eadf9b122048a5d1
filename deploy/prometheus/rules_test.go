// Package prometheus tests the alerts by the engine that evaluates them. It is a module of its own: the
// program does not depend on that engine.
package prometheus

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
	"gopkg.in/yaml.v3"
)

// cases are the part of promtool's test files that is used here.
type cases struct {
	Interval model.Duration `yaml:"evaluation_interval"`
	Tests    []struct {
		Name     string         `yaml:"name"`
		Interval model.Duration `yaml:"interval"`
		Series   []struct {
			Series, Values string
		} `yaml:"input_series"`
		Alerts []struct {
			At   model.Duration `yaml:"eval_time"`
			Name string         `yaml:"alertname"`
			Want []struct {
				Labels map[string]string `yaml:"exp_labels"`
			} `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
	} `yaml:"tests"`
}

// groups reads the rules as Prometheus does.
func groups(t *testing.T) map[string]rulefmt.Rule {
	t.Helper()
	parsed, errs := rulefmt.ParseFile("rules.yaml", false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	all := map[string]rulefmt.Rule{}
	for _, g := range parsed.Groups {
		for _, r := range g.Rules {
			all[r.Alert] = r
		}
	}
	return all
}

// Every alert fires where its test says so, and at no other time that it names; each has a test.
func TestRules(t *testing.T) {
	text, err := os.ReadFile("rules_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all cases
	if err := yaml.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	alerts := groups(t)
	tested := map[string]int{}
	for _, c := range all.Tests {
		t.Run(c.Name, func(t *testing.T) {
			load := fmt.Sprintf("load %s\n", c.Interval)
			for _, s := range c.Series {
				load += "  " + strings.ReplaceAll(s.Series, ", ", ",") + " " + s.Values + "\n"
			}
			storage := promqltest.LoadedStorage(t, load)
			defer storage.Close()
			engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 100_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute})
			query := rules.EngineQueryFunc(engine, storage)
			for _, a := range c.Alerts {
				r, known := alerts[a.Name]
				if !known {
					t.Fatalf("there is no alert %s", a.Name)
				}
				expr, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr)
				if err != nil {
					t.Fatal(err)
				}
				rule := rules.NewAlertingRule(a.Name, expr, time.Duration(r.For), 0, labels.FromMap(r.Labels), labels.EmptyLabels(), labels.EmptyLabels(), "", true, slog.New(slog.DiscardHandler))
				for at := time.Duration(0); at <= time.Duration(a.At); at += time.Duration(all.Interval) {
					if _, err := rule.Eval(context.Background(), 0, time.Unix(0, 0).Add(at), query, &url.URL{}, 0); err != nil {
						t.Fatal(err)
					}
				}
				var got, want []string
				for _, active := range rule.ActiveAlerts() {
					if active.State == rules.StateFiring {
						got = append(got, active.Labels.String())
					}
				}
				for _, w := range a.Want {
					w.Labels["alertname"] = a.Name
					want = append(want, labels.FromMap(w.Labels).String())
					tested[a.Name]++
				}
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("%s after %s: %v, want %v", a.Name, a.At, got, want)
				}
			}
		})
	}
	for name, r := range alerts {
		if tested[name] == 0 {
			t.Errorf("%s is never seen to fire", name)
		}
		if r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["remedy"] == "" {
			t.Errorf("%s has no severity, summary or remedy", name)
		}
	}
}
