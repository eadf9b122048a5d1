package engine

import "testing"

// MoveConnection has the connection file of a store's directory name another port.
func MoveConnection(dir string) error {
	l := layoutOf(dir)
	c, err := l.readConnection()
	if err != nil {
		return err
	}
	c.HTTPPort++
	return l.writeConnection(c)
}

// Await says that a program waits to run the engine of a store's directory, until it is called off.
func Await(t testing.TB, dir string) (end func()) {
	t.Helper()
	f, err := layoutOf(dir).wait()
	if err != nil {
		t.Fatal(err)
	}
	return func() { f.Close() }
}
