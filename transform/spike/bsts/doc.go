// Package bsts is the Bayesian structural time series of CausalImpact: a local level
// and a regression on controls with a spike-and-slab prior, by Gibbs sampling.
//
// Sources: Brodersen et al., Annals of Applied Statistics 9, 2015; Scott and Varian,
// International Journal of Mathematical Modelling 5, 2014; the priors are those of the R
// packages CausalImpact 1.2 and bsts. Without the spike and slab, or with a free level,
// the answers can turn round. It never checks that the controls were unaffected: that is
// the caller's to know.
package bsts
