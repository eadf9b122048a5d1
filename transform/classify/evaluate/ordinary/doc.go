// Package ordinary makes traffic that is nobody's tool, by the documents of its protocols:
// what a classifier must leave alone. It is the negative half of the tests, for those who
// have no captures; nothing in it was copied from one.
//
// It must never share a constant with the rules, and never be used to choose a weight.
package ordinary
