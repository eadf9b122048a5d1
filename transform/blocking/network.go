package blocking

import (
	"errors"
	"math"
	"slices"
)

// NetworkUse is the users of circumvention in one network by day; NaN where unknown.
type NetworkUse struct {
	Network string
	Users   []float64
}

// Windows of the effect, in days.
type Windows struct{ Before, After int }

// ErrTooShort says that the days before the event do not tell the noise of a week.
var ErrTooShort = errors.New("too few days before the event")

// leastWeeks is how many earlier windows have to be known, over all networks, to tell the noise.
const leastWeeks = 8

// NetworkEffects estimates each network's log effect from the day with the number at on:
// the mean, over the days after, of how far log users lie above the median of the same
// weekday before. The variance of a network is phi/users, with phi pooled over all
// networks from the same estimate on earlier windows that do not overlap: one network has
// too few windows to tell its own. What all networks of a window share sets none of them
// apart and is no noise here; the rest is the squared median absolute deviation, so that
// one odd week does not count. Networks without an estimate are left out.
func NetworkEffects(networks []NetworkUse, at int, w Windows) ([]NetworkEffect, error) {
	var effects []NetworkEffect
	var levels []float64
	for _, net := range networks {
		level := typical(net.Users, at, w)
		effect := logEffect(net.Users, at, w)
		if math.IsNaN(effect) || !(level > 0) {
			continue
		}
		effects, levels = append(effects, NetworkEffect{Network: net.Network, Effect: effect}), append(levels, level)
	}
	var noise []float64
	for t := at - w.After; t >= w.Before; t -= w.After {
		noise = append(noise, apart(networks, t, w)...)
	}
	if len(noise) < leastWeeks {
		return nil, ErrTooShort
	}
	sd := normalMAD * middle(noise)
	mean := 0.0
	for _, e := range effects {
		mean += e.Effect / float64(len(effects))
	}
	// The days after are counted at another level than the days of the baseline, whose
	// medians add (pi/2)(After/Before) to the variance of the mean after.
	share := 1 / (1 + math.Pi/2*float64(w.After)/float64(w.Before))
	for i := range effects {
		scale := share*math.Exp(-mean) + 1 - share
		effects[i].Variance = max(sd*sd, 1/float64(w.After)) * scale / levels[i] // no less than counting alone makes
	}
	return effects, nil
}

// apart is how far the networks' changes lie from their common one at the day t, without sign, each
// in units in which counting one user a day has the variance 1.
func apart(networks []NetworkUse, t int, w Windows) []float64 {
	var changes, levels []float64
	sum, total := 0.0, 0.0
	for _, net := range networks {
		change, level := logEffect(net.Users, t, w), typical(net.Users, t, w)
		if math.IsNaN(change) || !(level > 0) {
			continue
		}
		changes, levels = append(changes, change), append(levels, level)
		sum, total = sum+level*change, total+level
	}
	if len(changes) < 2 {
		return nil
	}
	for i, level := range levels {
		own := level * total / (total - level) // the common change holds a part of the network itself
		changes[i] = math.Abs(changes[i]-sum/total) * math.Sqrt(own)
	}
	return changes
}

// normalMAD is the standard deviation of a normal over its median absolute deviation.
const normalMAD = 1.4826

// logEffect is NaN where fewer than half of the days after are known.
func logEffect(users []float64, at int, w Windows) float64 {
	sum, n := 0.0, 0
	for t := at; t < min(at+w.After, len(users)); t++ {
		var same []float64
		for j := t - 7*((t-at)/7+1); j >= max(0, at-w.Before); j -= 7 {
			if !math.IsNaN(users[j]) {
				same = append(same, users[j])
			}
		}
		if len(same) < 3 || math.IsNaN(users[t]) {
			continue
		}
		sum, n = sum+math.Log((users[t]+.5)/(middle(same)+.5)), n+1
	}
	if 2*n < w.After {
		return math.NaN()
	}
	return sum / float64(n)
}

// typical is the median of the days before.
func typical(users []float64, at int, w Windows) float64 {
	known := slices.DeleteFunc(slices.Clone(users[max(0, at-w.Before):at]), math.IsNaN)
	return middle(known)
}

// middle is the median, NaN of none; it sorts in place.
func middle(xs []float64) float64 {
	if len(xs) == 0 {
		return math.NaN()
	}
	slices.Sort(xs)
	return (xs[(len(xs)-1)/2] + xs[len(xs)/2]) / 2
}
