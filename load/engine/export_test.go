package engine

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
