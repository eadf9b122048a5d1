package parquet

import "errors"

// into takes the values of a column, row by row.
type into interface {
	// numbers takes plain values; where valid is not nil, those that are false in it are NULL.
	numbers(values []int64, valid []bool)
	text(b []byte)
	null()
	// list begins a row that is a list, or is NULL instead: what is taken then is in it.
	list(valid bool)
}

// some is how many values are taken at once.
const some = 1 << 10

// level is where a value of a list stands, and whether there is one.
type level struct{ rep, def uint32 }

var errLevels = errors.New("its levels are damaged")

// rows reads rows into to.
func (c *column) rows(n int, f *field, to into) error {
	switch {
	case f.list:
		return c.lists(n, f, to)
	case c.leaf.physical.text():
		return c.plainTexts(n, to)
	}
	return c.plainNumbers(n, to)
}

// turn gives how many of n values are on the page that is open, opening the next.
func (c *column) turn(n int) (int, error) {
	if c.levels == 0 {
		if err := c.open(); err != nil {
			return 0, err
		}
	}
	n = min(n, c.levels, some)
	c.levels -= n
	return n, nil
}

func (c *column) plainNumbers(rows int, to into) error {
	var levels [some]uint32
	var values, packed [some]int64
	var valid [some]bool
	for rows > 0 {
		n, err := c.turn(rows)
		if err != nil {
			return err
		}
		rows -= n
		if c.leaf.maxDef == 0 {
			if err := c.numbers.read(values[:n]); err != nil {
				return err
			}
			to.numbers(values[:n], nil)
			continue
		}
		if err := c.def.read(levels[:n]); err != nil {
			return err
		}
		there := 0
		for i, l := range levels[:n] {
			if valid[i] = l == 1; valid[i] {
				there++
			}
		}
		if err := c.numbers.read(packed[:there]); err != nil {
			return err
		}
		k := 0
		for i := range n {
			values[i] = 0
			if valid[i] {
				values[i] = packed[k]
				k++
			}
		}
		to.numbers(values[:n], valid[:n])
	}
	return nil
}

func (c *column) plainTexts(rows int, to into) error {
	var levels [some]uint32
	for i := range levels {
		levels[i] = uint32(c.leaf.maxDef)
	}
	for rows > 0 {
		n, err := c.turn(rows)
		if err != nil {
			return err
		}
		rows -= n
		if c.leaf.maxDef > 0 {
			if err := c.def.read(levels[:n]); err != nil {
				return err
			}
		}
		for _, l := range levels[:n] {
			if l != uint32(c.leaf.maxDef) {
				to.null()
				continue
			}
			b, err := c.texts.next()
			if err != nil {
				return err
			}
			to.text(b)
		}
	}
	return nil
}

// lists reads rows that are lists: each begins at repetition level 0.
func (c *column) lists(rows int, f *field, to into) error {
	items := 0
	for range rows {
		l, err := c.level()
		if err != nil {
			return err
		}
		if l.rep != 0 {
			return errLevels
		}
		if l.def < uint32(f.present) {
			to.list(false)
			continue
		}
		to.list(true)
		if l.def == uint32(f.present) {
			continue
		}
		for {
			if items++; items > maxItems {
				return errors.New("over 4 million items in the lists of a batch")
			}
			if err := c.item(l, to); err != nil {
				return err
			}
			more, err := c.goesOn()
			if err != nil {
				return err
			}
			if !more {
				break
			}
			if l, err = c.level(); err != nil {
				return err
			}
			if l.def <= uint32(f.present) {
				return errLevels
			}
		}
	}
	return nil
}

// maxItems bounds the items of the lists in a batch.
const maxItems = 4 << 20

// level gives the next level.
func (c *column) level() (level, error) {
	if c.peeked {
		c.peeked = false
		return c.ahead, nil
	}
	if _, err := c.turn(1); err != nil {
		return level{}, err
	}
	var rep, def [1]uint32
	if err := c.rep.read(rep[:]); err != nil {
		return level{}, err
	}
	if err := c.def.read(def[:]); err != nil {
		return level{}, err
	}
	if rep[0] > uint32(c.leaf.maxRep) || def[0] > uint32(c.leaf.maxDef) {
		return level{}, errLevels
	}
	return level{rep[0], def[0]}, nil
}

// goesOn looks whether the next level is of the same list. A page is not turned before
// its last value is taken.
func (c *column) goesOn() (bool, error) {
	if c.levels == 0 && c.left == 0 {
		return false, nil
	}
	l, err := c.level()
	c.ahead, c.peeked = l, true
	return l.rep > 0, err
}

func (c *column) item(l level, to into) error {
	if l.def < uint32(c.leaf.maxDef) {
		to.null()
		return nil
	}
	if c.leaf.physical.text() {
		b, err := c.texts.next()
		if err == nil {
			to.text(b)
		}
		return err
	}
	var one [1]int64
	if err := c.numbers.read(one[:]); err != nil {
		return err
	}
	to.numbers(one[:], nil)
	return nil
}

// ended reports that no value is left.
func (c *column) ended() bool { return c.left == 0 && c.levels == 0 && !c.peeked }
