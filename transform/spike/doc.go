// Package spike says what a ban did to a series of daily users: baseline, alarm,
// effect with its interval, placebo tests in time and in space, controls, gates and
// a grade with its reasons.
//
// Each method is one file with its source in the doc comment. The package never
// reads files, never draws unseeded random numbers, never fills a missing day, and
// never calls a correlation a cause: a grade says what the data support, no more.
package spike
