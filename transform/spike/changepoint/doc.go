// Package changepoint finds dates at which a series changed, without being told where
// to look. What it finds is a place, never a p-value, and never an attribution.
package changepoint
