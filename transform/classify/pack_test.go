package classify

import "testing"

func loadDefault(t testing.TB) *Pack {
	t.Helper()
	p, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDefaultPackRunsItsExamples(t *testing.T) {
	p := loadDefault(t)
	if err := p.TestExamples(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d rules, %d tools, %d services", p.Version(), p.NumRules(), len(p.Tools()), len(p.Services()))
}
