// Package flowcontext says of a flow what its neighbours are: another flow between the
// same ends, a look-up before it, its share of what the client moves.
//
// It never decides how wide the window is: the caller gives the ranges next to a
// range, and must give the same ones again when the range is replayed. It must never
// depend on the order of rows, nor on where ranges were cut.
package flowcontext
