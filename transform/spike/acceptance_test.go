package spike_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/banshift/banshift/external/series"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

// shared gives the path of a file of the measurements' folder, or skips.
func shared(t *testing.T, parts ...string) string {
	t.Helper()
	dir := os.Getenv("BANSHIFT_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{dir}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s: %s is absent", t.Name(), filepath.Join(parts...))
	}
	return path
}

func torBridgeUsers(t *testing.T) []spike.Series {
	t.Helper()
	f, err := os.Open(shared(t, "data", "series", "tor-bridge-users.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := series.Read(f, series.Source{Format: "tor-userstats", Name: "tor-bridge-users"})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func find(t *testing.T, r spike.Result, event, country string) spike.Effect {
	t.Helper()
	for _, e := range r.Effects {
		if e.Event == event && e.Country == country {
			return e
		}
	}
	t.Fatalf("no effect for %s in %s", event, country)
	return spike.Effect{}
}

// TestTelegram2018 is the story on real data: bridge users rose in Russia at the
// enforcement, and nowhere else.
func TestTelegram2018(t *testing.T) {
	catalogue, err := events.Load("")
	if err != nil {
		t.Fatal(err)
	}
	got, err := spike.Analyze(torBridgeUsers(t), catalogue, spike.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	ru := find(t, got, "ru-telegram-2018-enforcement", "ru")
	t.Logf("ru: effect %.3f [%.1f, %.1f] %%, p_time %v (n %d), p_space %v (n %d), %s %q", *ru.EffectLog, *ru.CILow, *ru.CIHigh,
		*ru.PTime, ru.NTime, *ru.PSpace, ru.NSpace, ru.Grade, ru.Reasons)
	if ru.Grade != spike.Supported || ru.Direction != spike.Up || *ru.EffectLog < .22 || *ru.EffectLog > .27 {
		t.Errorf("Russia: %s %s %.3f, want supported, up, about .24: %q", ru.Grade, ru.Direction, *ru.EffectLog, ru.Reasons)
	}
	for _, country := range []string{"ua", "kz", "by", "de", "us"} {
		e := find(t, got, "ru-telegram-2018-enforcement", country)
		if e.Grade != spike.NotSupported || *e.EffectLog > *ru.EffectLog/3 {
			t.Errorf("%s: %s %.3f, want not_supported and no comparable rise: %q", country, e.Grade, *e.EffectLog, e.Reasons)
		}
	}
}
