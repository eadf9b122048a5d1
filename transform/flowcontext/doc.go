// Package flowcontext says of a flow what lies beside it: another flow between the same
// ends, a look-up before it, its share of what the client moves.
//
// It never decides how far is looked: the caller gives the ranges that lie beside a
// range, and must give the same ones again when the range is replayed. It must never
// depend on the order of rows, nor on where ranges were cut.
package flowcontext
