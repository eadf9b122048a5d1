package schemas

import "testing"

func TestCountry(t *testing.T) {
	if n := len(countries()); n != 250 {
		t.Errorf("%d countries, want the 249 of ISO 3166-1 and Kosovo", n)
	}
	for code, want := range map[string]bool{"ru": true, "RU": true, " kz ": true, "RUS": false, "uk": false, "": false, "xx": false, "643": false} {
		if _, known := Country(code); known != want {
			t.Errorf("%q is known: %v, want %v", code, known, want)
		}
	}
}
