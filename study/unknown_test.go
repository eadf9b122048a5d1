package study

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/banshift/banshift/load"
	"github.com/banshift/banshift/schemas/events"
	"github.com/banshift/banshift/transform/spike"
)

func TestUnknownToolIsSaidOfAnEvent(t *testing.T) {
	enforced := events.Event{ID: "x", Country: "ru", EnforcedAt: "2018-04-16"}
	cfg := spike.Config{BeforeDays: 28, AfterDays: 7}
	day := func(date string, clients, simulated int) string {
		return fmt.Sprintf(`{"country":"ru","day":%q,"clients":%d,"all_clients":2000,"servers":4,"simulated":%d}`, date, clients, simulated)
	}
	for name, c := range map[string]struct{ rows, want string }{
		"grew":         {day("2018-04-10", 21, 0) + "," + day("2018-04-16", 30, 0) + "," + day("2018-04-18", 90, 0), "on 2018-04-18 90 of 2000 clients (4.5 %) used 4\u00a0server networks that have no name and that few used a week before; in the 28 days before the event at most 21 clients did so on a day"},
		"none after":   {day("2018-04-10", 21, 0) + "," + day("2018-04-16", 0, 0), ""},
		"of simulated": {day("2018-04-18", 90, 1), ""},
		"nothing":      {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := unknownFinding(context.Background(), newReading(rowsOnly{text: "[" + c.rows + "]"}), enforced, false, cfg)
			if err != nil {
				t.Fatal(err)
			}
			text := ""
			for _, f := range found {
				text += f.Text
				if f.Weight != spike.Silent {
					t.Errorf("it weighs %s", f.Weight)
				}
			}
			if c.want == "" && text != "" || !strings.HasSuffix(text, c.want) {
				t.Errorf("got %q, want %q", text, c.want)
			}
		})
	}
}

// rowsOnly answers every named query with the same rows.
type rowsOnly struct {
	tableOf
	text string
}

func (r rowsOnly) Query(_ context.Context, _ string, _ map[string]string, w io.Writer, _ load.Format) error {
	_, err := io.WriteString(w, r.text)
	return err
}
