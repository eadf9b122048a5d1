// Package compose checks compose.yaml against the schema of the Compose Specification, by its own loader. What the services
// may do, and that they work together, is tested in cmd/banshift. It is a module of its own: the loader links much.
package compose

import (
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
)

func TestLoads(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{"compose.yaml"}, cli.WithResolvedPaths(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(project.Services) < 7 || len(project.Secrets) != 3 {
		t.Errorf("%d services, %d secrets", len(project.Services), len(project.Secrets))
	}
	for name, s := range project.Services {
		if s.Image == "banshift" && (s.Build == nil || len(s.Command) == 0) {
			t.Errorf("%s is not built, or has no command", name)
		}
		if s.Restart != "no" && !s.ReadOnly {
			t.Errorf("%s may write to its image", name)
		}
	}
}
