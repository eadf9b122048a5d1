// Package counterfactual estimates what would have happened without the event from
// other series: difference in differences, synthetic control, and the interrupted time series
// as a labelled secondary. Its numbers are as good as its controls: it never checks
// whether they were affected themselves.
package counterfactual
