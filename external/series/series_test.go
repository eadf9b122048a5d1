package series

import (
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/banshift/banshift/transform/spike"
)

func date(day int) time.Time { return time.Date(2018, 4, day, 0, 0, 0, 0, time.UTC) }

func TestRead(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name, format, country, text string
		want                        []spike.Series
	}{
		{
			name: "tor metrics as downloaded", format: "tor-userstats",
			text: "# Estimated number of users\n#\ndate,country,users,lower,upper,frac\n" +
				"2018-04-16,,900,,,77\n2018-04-16,??,5,,,77\n2018-04-16,ru,100,80,120,77\n2018-04-18,ru,140,,,75\n",
			want: []spike.Series{
				{Name: "x", Country: "", Start: date(16), Values: []float64{900}, Coverage: []float64{77}},
				{Name: "x", Country: "ru", Start: date(16), Values: []float64{100, nan, 140}, Coverage: []float64{77, nan, 75}},
			},
		},
		{
			name: "csv in any order of rows and columns", format: "csv",
			text: "value,country,date,fraction\n7,UA,2018-04-17,.9\n,UA,2018-04-16,1\n0,ua,2018-04-18,\n",
			want: []spike.Series{{Name: "x", Country: "ua", Start: date(16), Values: []float64{nan, 7, 0}, Coverage: []float64{1, .9, nan}}},
		},
		{
			name: "csv with a denominator and without coverage", format: "csv",
			text: "date,country,value,denominator\n2018-04-16,de,5,1000\n",
			want: []spike.Series{{Name: "x", Country: "de", Start: date(16), Values: []float64{5}, Denominator: []float64{1000}}},
		},
		{
			name: "ooni aggregation", format: "ooni",
			text: "anomaly_count,confirmed_count,failure_count,measurement_count,measurement_start_day,ok_count,probe_cc\n" +
				"3,2,1,100,2018-04-16,94,RU\n",
			want: []spike.Series{{Name: "x", Country: "ru", Start: date(16), Values: []float64{5}, Denominator: []float64{100}}},
		},
		{
			name: "ooni aggregation by hour, of the country that was asked for", format: "ooni", country: "it",
			text: "anomaly_count,confirmed_count,failure_count,measurement_count,measurement_start_day,ok_count\n" +
				"1,0,0,4,2018-04-16T02:00:00Z,3\n0,2,0,6,2018-04-16T23:00:00Z,4\n0,0,0,5,2018-04-17T00:00:00Z,5\n",
			want: []spike.Series{{Name: "x", Country: "it", Start: date(16), Values: []float64{3, 0}, Denominator: []float64{10, 5}}},
		},
		{
			name: "ioda: the day's mean, and how much of it was measured", format: "ioda",
			text: `{"type":"signals","error":null,"data":[[{"entityType":"country","entityCode":"IR","datasource":"bgp","from":1523836800,"until":1524009600,"step":43200,"nativeStep":300,"values":[100,80,null,50]}]]}`,
			want: []spike.Series{{Name: "x", Country: "ir", Start: date(16), Values: []float64{90, 50}, Coverage: []float64{1, .5}}},
		},
		{
			name: "cloudflare radar, two countries", format: "cloudflare-radar",
			text: `{"success":true,"result":{"meta":{"aggInterval":"1d"},"RU":{"timestamps":["2018-04-16T00:00:00Z","2018-04-17T00:00:00Z"],"values":["0.5","1"]},"de":{"timestamps":["2018-04-17T00:00:00Z"],"values":[0.25]}}}`,
			want: []spike.Series{
				{Name: "x", Country: "de", Start: date(17), Values: []float64{.25}, Coverage: []float64{1}},
				{Name: "x", Country: "ru", Start: date(16), Values: []float64{.5, 1}, Coverage: []float64{1, 1}},
			},
		},
		{
			name: "cloudflare radar, one unnamed", format: "cloudflare-radar", country: "ru",
			text: `{"result":{"meta":{},"serie_0":{"timestamps":["2018-04-16T00:00:00Z","2018-04-16T12:00:00Z"],"values":["0.5","0.7"]}}}`,
			want: []spike.Series{{Name: "x", Country: "ru", Start: date(16), Values: []float64{.6}, Coverage: []float64{1}}},
		},
		{
			name: "google trends", format: "google-trends",
			text: "Category: All categories\n\nDay,telegram: (Russia),telegram: (Germany)\n2018-04-16,12,<1\n2018-04-17,100,0\n",
			want: []spike.Series{
				{Name: "x", Country: "de", Start: date(16), Values: []float64{.5, 0}, Coverage: []float64{1, 1}},
				{Name: "x", Country: "ru", Start: date(16), Values: []float64{12, 100}, Coverage: []float64{1, 1}},
			},
		},
		{
			name: "google trends by hour, page in another language", format: "google-trends", country: "ru",
			text: "Kategorie: Alle\n\nZeit,telegram: (Russland)\n2018-04-16T00,10\n2018-04-16T01,30\n",
			want: []spike.Series{{Name: "x", Country: "ru", Start: date(16), Values: []float64{20}, Coverage: []float64{1}}},
		},
		{
			name: "app ranks: out of the chart is missing", format: "app-ranks",
			text: "date,country,app,rank\n2018-04-16,RU,org.example,10\n2018-04-18,RU,org.example,2\n",
			want: []spike.Series{{Name: "x", Country: "ru", Start: date(16), Values: []float64{100, nan, 500}}},
		},
		{
			name: "byte order mark and time of day", format: "csv",
			text: "\ufeffDate,Country,Value\n2018-04-16T00:00:00Z,fr,1\n",
			want: []spike.Series{{Name: "x", Country: "fr", Start: date(16), Values: []float64{1}}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Read(strings.NewReader(c.text), Source{Format: c.format, Name: "x", Country: c.country})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, c.want, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("(-got, +want)\n%s", diff)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ name, format, text, want string }{
		{"empty", "csv", "", "the file is empty"},
		{"header only", "csv", "date,country,value\n", "no data"},
		{"format", "xls", "", "want one of"},
		{"column", "csv", "date,cc,value\n", `no column "country"`},
		{"date", "csv", "date,country,value\n16.4.2018,ru,1\n", "line 2"},
		{"value", "csv", "date,country,value\n2018-04-16,ru,many\n", "want a number"},
		{"negative", "csv", "date,country,value\n2018-04-16,ru,-1\n", "want a number"},
		{"twice", "csv", "date,country,value\n2018-04-16,ru,1\n2018-04-16,ru,2\n", "two rows for 2018-04-16"},
		{"an hour twice", "csv", "date,country,value\n2018-04-16T03:00:00Z,ru,1\n2018-04-16T03:20:00Z,ru,2\n", "two rows for 2018-04-16T03"},
		{"span", "csv", "date,country,value\n0018-04-16,ru,1\n2018-04-16,ru,2\n", "one of the dates is wrong"},
		{"ioda error", "ioda", `{"error":"no such country","data":[]}`, "no such country"},
		{"ioda two signals", "ioda", `{"data":[[{"entityType":"country","entityCode":"IR","datasource":"bgp","step":300,"values":[1]},{"entityType":"country","entityCode":"IR","datasource":"merit-nt","step":300,"values":[1]}]]}`, "ask for one"},
		{"ioda step", "ioda", `{"data":[[{"entityType":"country","entityCode":"IR","datasource":"bgp","step":0,"values":[1]}]]}`, "step of 0"},
		{"ioda values by product", "ioda", `{"data":[[{"entityType":"country","entityCode":"IR","datasource":"gtr","step":1800,"values":[[1,2]]}]]}`, "want a number"},
		{"radar unnamed", "cloudflare-radar", `{"result":{"serie_0":{"timestamps":["2018-04-16T00:00:00Z"],"values":["1"]}}}`, "names no country"},
		{"radar uneven", "cloudflare-radar", `{"result":{"ru":{"timestamps":["2018-04-16T00:00:00Z"],"values":[]}}}`, "1 timestamps and 0 values"},
		{"radar failed", "cloudflare-radar", `{"success":false,"result":null}`, "error instead"},
		{"trends of weeks", "google-trends", "Category: x\n\nWeek,a: (Russia)\n2018-04-01,1\n2018-04-08,2\n2018-04-15,3\n", "nine months"},
		{"trends twice", "google-trends", "Category: x\n\nDay,a: (Russia),b: (Russia)\n2018-04-01,1,2\n", "two columns"},
		{"trends place", "google-trends", "Category: x\n\nDay,a: (Utopia)\n2018-04-01,1\n", "Utopia"},
		{"trends empty", "google-trends", "Category: x\n", "no data"},
		{"rank", "app-ranks", "date,country,rank\n2018-04-16,ru,0\n", "the first rank is 1"},
		{"quote", "csv", "date,country,value\n\"2018-04-16,ru,1\n", "series:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.text), Source{Format: c.format, Name: "x"})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
}

// FuzzRead checks of every format that whatever is read keeps its shape: contiguous days,
// columns of one length, no infinite and no negative number.
func FuzzRead(f *testing.F) {
	f.Add("date,country,users,frac\n2018-04-16,ru,100,77\n", "tor-userstats")
	f.Add("date,country,value,fraction\n2018-04-16,ru,100,.7\n2018-04-19,ru,,\n", "csv")
	f.Add("#\ndate,country,value\n2018-04-16,,1e9\n", "csv")
	f.Add("anomaly_count,confirmed_count,measurement_count,measurement_start_day,probe_cc\n1,0,4,2018-04-16T02:00:00Z,RU\n", "ooni")
	f.Add(`{"data":[[{"entityType":"country","entityCode":"IR","datasource":"bgp","from":1523836800,"step":300,"values":[1,null]}]]}`, "ioda")
	f.Add(`{"result":{"meta":{},"ru":{"timestamps":["2018-04-16T00:00:00Z"],"values":["0.5"]}}}`, "cloudflare-radar")
	f.Add("Category: All categories\n\nDay,telegram: (Russia)\n2018-04-16,<1\n", "google-trends")
	f.Add("date,country,rank\n2018-04-16,ru,3\n", "app-ranks")
	f.Fuzz(func(t *testing.T, text, format string) {
		list, err := Read(strings.NewReader(text), Source{Format: format, Name: "x"})
		if err != nil {
			return
		}
		if len(list) == 0 {
			t.Fatal("no series and no error")
		}
		for _, s := range list {
			n := len(s.Values)
			if n == 0 || n > maxDays+1 || s.Coverage != nil && len(s.Coverage) != n || s.Denominator != nil && len(s.Denominator) != n {
				t.Fatalf("shape: %+v", s)
			}
			for _, v := range s.Values {
				if v < 0 || math.IsInf(v, 0) {
					t.Fatalf("value %g", v)
				}
			}
		}
	})
}

// TestLicences asks that each source that publishes data says under what.
// TestFormatThatFits: a file of one format that is read as another names its own.
func TestFormatThatFits(t *testing.T) {
	files := map[string]string{
		"csv":              "date,country,value\n2018-04-16,ru,5\n",
		"tor-userstats":    "# Estimated number of users\n#\ndate,country,users,lower,upper,frac\n2018-04-16,ru,100,80,120,77\n",
		"ooni":             "anomaly_count,confirmed_count,failure_count,measurement_count,measurement_start_day,ok_count,probe_cc\n3,2,1,100,2018-04-16,94,RU\n",
		"ioda":             `{"data":[[{"entityType":"country","entityCode":"IR","datasource":"bgp","from":1523836800,"step":43200,"values":[100,80]}]]}`,
		"cloudflare-radar": `{"success":true,"result":{"meta":{},"RU":{"timestamps":["2018-04-16T00:00:00Z"],"values":["0.5"]}}}`,
		"google-trends":    "Category: All categories\n\nDay,telegram: (Russia)\n2018-04-16,12\n",
		"app-ranks":        "date,country,rank\n2018-04-16,ru,3\n",
	}
	for _, is := range Formats() {
		for _, said := range Formats() {
			_, err := Read(strings.NewReader(files[is]), Source{Format: said, Name: "x"})
			switch {
			case is == said && err != nil:
				t.Errorf("%s: %v", is, err)
			case is != said && (err == nil || !strings.Contains(err.Error(), "can be read as format "+is)):
				t.Errorf("%s read as %s: %v", is, said, err)
			}
		}
	}
	for name, r := range map[string]io.Reader{"of no format": strings.NewReader("a,b\n1,2\n"), "that cannot be read twice": io.MultiReader(strings.NewReader(files["ooni"]))} {
		if _, err := Read(r, Source{Format: "csv"}); err == nil || strings.Contains(err.Error(), "can be read") {
			t.Errorf("a file %s: %v", name, err)
		}
	}
}

func TestLicences(t *testing.T) {
	for _, name := range Formats() {
		owner := name == "csv" || name == "app-ranks"
		if got := Licence(name); (got == "") != owner {
			t.Errorf("%s: licence %q", name, got)
		}
	}
}

// TestHoursOfACSV reads values by the hour, in any order: each keeps its hour, a day of at least 18 of them is their mean, and
// what is missing stays so.
func TestHoursOfACSV(t *testing.T) {
	var text strings.Builder
	text.WriteString("date,country,value,fraction,denominator\n")
	for hour := 23; hour >= 0; hour-- {
		if hour == 5 {
			continue
		}
		fmt.Fprintf(&text, "2018-04-16T%02d,ru,%d,.5,100\n", hour, hour)
	}
	text.WriteString("2018-04-17T01:00:00Z,ru,7,,\n2018-04-16T00,ua,3,1,100\n")
	got, err := Read(strings.NewReader(text.String()), Source{Format: "csv", Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	ru := got[0]
	if ru.Hours == nil || len(ru.Hours.Values) != 48 || !math.IsNaN(ru.Hours.Values[5]) || ru.Hours.Values[23] != 23 || ru.Hours.Values[25] != 7 || ru.Hours.Denominator[4] != 100 {
		t.Fatalf("hours %+v", ru.Hours)
	}
	if mean := (276. - 5) / 23; math.Abs(ru.Values[0]-mean) > 1e-9 || !math.IsNaN(ru.Values[1]) || ru.Coverage[0] != .5 || ru.Denominator[0] != 100 {
		t.Errorf("days %v, coverage %v, out of %v; want the mean %.3f of 23 hours, and no mean of one", ru.Values, ru.Coverage, ru.Denominator, mean)
	}
	if ua := got[1]; ua.Hours != nil || ua.Values[0] != 3 {
		t.Errorf("one value a day is %+v, want a day", ua)
	}
}
