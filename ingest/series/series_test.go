package series

import (
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
		name, format, text string
		want               []spike.Series
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
			name: "byte order mark and time of day", format: "csv",
			text: "\ufeffDate,Country,Value\n2018-04-16T00:00:00Z,fr,1\n",
			want: []spike.Series{{Name: "x", Country: "fr", Start: date(16), Values: []float64{1}}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Read(strings.NewReader(c.text), c.format, "x")
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
		{"span", "csv", "date,country,value\n0018-04-16,ru,1\n2018-04-16,ru,2\n", "one of the dates is wrong"},
		{"quote", "csv", "date,country,value\n\"2018-04-16,ru,1\n", "series:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.text), c.format, "x")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
}

// FuzzRead checks that whatever is read keeps its shape: contiguous days, columns of one
// length, no infinite and no negative number.
func FuzzRead(f *testing.F) {
	f.Add("date,country,users,frac\n2018-04-16,ru,100,77\n", true)
	f.Add("date,country,value,fraction\n2018-04-16,ru,100,.7\n2018-04-19,ru,,\n", false)
	f.Add("#\ndate,country,value\n2018-04-16,,1e9\n", false)
	f.Fuzz(func(t *testing.T, text string, tor bool) {
		format := "csv"
		if tor {
			format = "tor-userstats"
		}
		list, err := Read(strings.NewReader(text), format, "x")
		if err != nil {
			return
		}
		if len(list) == 0 {
			t.Fatal("no series and no error")
		}
		for _, s := range list {
			if len(s.Values) == 0 || s.Coverage != nil && len(s.Coverage) != len(s.Values) || math.IsNaN(s.Values[0]) && len(s.Values) > maxDays {
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
