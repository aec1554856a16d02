package kernel

// Work is what a kernel needs of one job.
type Work struct {
	ID     uint64   // seeds the random stream of MonteCarloRisk; the others ignore it
	Inputs []uint64 // arguments; PrimeCount ignores them
	Cost   uint64   // declared size, in compute_cost units
}
