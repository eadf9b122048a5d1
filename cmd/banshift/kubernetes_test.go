package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/banshift/banshift/load"
)

const kubernetesDir = "../../deploy/kubernetes"

// TestKubernetesAsEstimated: the followers of deploy/kubernetes have together what doctor --estimate says of 50,000 records a
// second, twice the cores to catch up; each has the memory that a program takes. Their commands and probes are ones that the
// program has, and their configuration is one that it reads.
func TestKubernetesAsEstimated(t *testing.T) {
	demand, err := demandOf(load.Sizes{Records: 1, Days: 1}, 50_000, 365, RetentionConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"follow.yaml", "page.yaml"} {
		text, err := os.ReadFile(filepath.Join(kubernetesDir, file))
		if err != nil {
			t.Fatal(err)
		}
		for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
			var set struct {
				Kind string
				Spec struct {
					Replicas float64
					Template struct {
						Spec struct {
							Containers []struct {
								Args      []string
								Resources struct{ Requests map[string]string }
							}
						}
					}
				}
			}
			if err := decoder.Decode(&set); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			for _, c := range set.Spec.Template.Spec.Containers {
				if got := quantity(t, c.Resources.Requests["memory"]); got < programBytes {
					t.Errorf("%s: %g bytes of memory, a program takes %d", file, got, programBytes)
				}
				if got := quantity(t, c.Resources.Requests["cpu"]) * set.Spec.Replicas; set.Kind == "StatefulSet" && got < 2*demand.cores {
					t.Errorf("%s: %g cores for all, the estimate is %g", file, got, 2*demand.cores)
				}
				for _, command := range [][]string{c.Args, {"doctor", "--alive"}, {"doctor", "--ready"}} {
					found, rest, err := newRootCommand(&app{}).Find(command)
					if err == nil {
						err = found.ParseFlags(rest)
					}
					if err != nil {
						t.Errorf("%s: %v: %v", file, command, err)
					}
				}
			}
		}
		if !slices.Contains(strings.Fields(string(text)), "--alive]},") {
			t.Errorf("%s: no probe asks the program", file)
		}
	}
	if r := execute(t, "", "config", "check", "--config", filepath.Join(kubernetesDir, "banshift.yaml")); r.code != exitDone {
		t.Errorf("configuration: %s", r.errOut)
	}
}

// quantity reads an amount as Kubernetes writes it.
func quantity(t *testing.T, text string) float64 {
	t.Helper()
	number, unit := strings.TrimRight(text, "MGim"), 1.0
	switch strings.TrimPrefix(text, number) {
	case "m":
		unit = 1e-3
	case "Mi":
		unit = 1 << 20
	case "Gi":
		unit = 1 << 30
	case "":
	default:
		t.Errorf("%q is no amount", text)
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		t.Errorf("%q: %v", text, err)
	}
	return n * unit
}
