// Package evaluate compares verdicts with labels: precision and recall with their
// intervals, confusion with what was left unclassified, what the verdicts are worth
// at real base rates, how well the probabilities hold, and what each step of
// anonymisation costs.
//
// It must never tune anything: it reads verdicts and labels and counts.
package evaluate
