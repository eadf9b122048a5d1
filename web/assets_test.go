package web

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestMissingBundle(t *testing.T) {
	if _, err := Load(fstest.MapFS{"dist/.gitkeep": {}}); !errors.Is(err, ErrNoBundle) {
		t.Errorf("error %v, want ErrNoBundle", err)
	}
	if _, err := Load(fstest.MapFS{"dist/banshift.js": {Mode: fs.ModeDir}}); errors.Is(err, ErrNoBundle) || err == nil {
		t.Errorf("error %v, want the file system's own", err)
	}
}
