package use

import "testing"

func TestLoad(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Categories) == 0 || c.Level == "" || c.OnePeer < .5 || c.OnePeer > 1 {
		t.Errorf("%+v: half of an hour's bytes or more are most of them", c)
	}
}
