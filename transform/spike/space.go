package spike

// minSpaceScale is the number of earlier effects that make a spread.
const minSpaceScale = 14

// placeboSpace ranks a country's effect among the countries to which nothing happened:
// (effect - median) / own spread, over the donors with DonorUsers a day and no event
// within EventRadius days. Source: placebo in space (Abadie, Diamond and Hainmueller,
// JASA 105, 2010); the floor of its p is 1/(J+1).
type placeboSpace struct {
	statistic float64
	donors    []float64
}

// rank is the one-sided p in a direction (+1 a rise, -1 a drop).
func (ps placeboSpace) rank(direction float64) float64 {
	return rankP(ps.statistic*direction, ps.donors, direction)
}
