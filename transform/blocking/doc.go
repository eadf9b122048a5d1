// Package blocking measures the block itself rather than the way around it: how a block
// list grows, what else goes down with it, how the banned service moves, whether it and
// its substitute keep their users, how far networks differ, and whether the block goes by
// address or by pattern.
//
// All of it is pure functions over small tables. It must never read a store, a file or a
// clock, and never call an estimate exact: what is estimated comes with its interval.
package blocking
