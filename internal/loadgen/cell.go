package loadgen

import "github.com/helixrouter/helix/internal/report"

// Cell is a row, and whether it can be believed.
type Cell struct {
	report.Row
	// Drift is by how much the cores' speed changed from before a run to after it,
	// as a share of the speed before; the largest one of several seeds. The bound is
	// one of cores that do not change.
	Drift float64 `json:"core_speed_drift"`
	// Tries is how many runs it took, over all seeds, until the machine let them count.
	Tries int `json:"tries"`
}

// driftBound is the drift up to which a cell counts. Twelve calibrations in a row lay
// within 1 % of each other but for two, which were 3 % off.
const driftBound = 0.05

// Counts tells whether the generator kept its schedule and the cores their speed.
func (c *Cell) Counts() bool {
	return c.GeneratorLagSeconds < LagBound.Seconds() && c.Drift <= driftBound
}

// Rows are the rows of cells.
func Rows(cells []Cell) []report.Row {
	rows := make([]report.Row, len(cells))
	for i, c := range cells {
		rows[i] = c.Row
	}
	return rows
}
