// Package flowcontext says of a flow what lies beside it in the same batch: another
// flow between the same ends, a look-up before it, its share of what the client moves.
//
// It must never reach across batches: a batch is a function of its range of the source
// alone, so that a replay gives the same rows. It must never depend on the order of rows.
package flowcontext
