package fleetsim

import (
	"errors"
	"time"
)

// Grid is a comparison: each way at each load, and at each age and kind of reports if it listens to them.
type Grid struct {
	Options          // Load, Stale and Replies are those of a cell
	Ways    []string // of Ways; the best runs in any case
	Loads   []float64
	Stales  []time.Duration
	Reports []bool // Replies of the cells
	Done    func(cells, total int)
}

// Row is one way in one cell.
type Row struct {
	Way           string  `json:"way"`
	Load          float64 `json:"load"`
	Nodes         int     `json:"nodes"`
	Senders       int     `json:"senders"`
	Order         string  `json:"order"`
	Seed          uint64  `json:"seed"`
	StaleSeconds  float64 `json:"stale_seconds"` // 0 = the way takes no notice of reports
	Replies       bool    `json:"replies"`
	Offered       int     `json:"offered"`
	InTime        float64 `json:"in_time_fraction"`
	P50Seconds    float64 `json:"p50_seconds"`
	P99Seconds    float64 `json:"p99_seconds"`
	P99ToBest     float64 `json:"p99_to_best"`
	DelayP50      float64 `json:"delay_p50_seconds"`
	DelayP99      float64 `json:"delay_p99_seconds"`
	RefusedJobs   int     `json:"refused"`
	ExpiredJobs   int     `json:"expired"`
	LateJobs      int     `json:"late"`
	LostJobs      int     `json:"lost"`
	InTimeToBest  float64 `json:"in_time_to_best"`
	CapacityCores float64 `json:"capacity_cores"`
}

// maxCells bounds a slip of the finger.
const maxCells = 1000

// Run runs the cells one after the other, those of one load together and the best possible first.
func (g *Grid) Run() ([]Row, error) {
	if len(g.Loads) == 0 || len(g.Stales) == 0 || len(g.Reports) == 0 {
		return nil, errors.New("no load, no age or no kind of reports to run")
	}
	cells := g.cells()
	if len(cells) > maxCells {
		return nil, errors.New("more than 1000 cells: give fewer loads, ages or ways")
	}
	for i := range cells {
		if err := cells[i].options.check(); err != nil {
			return nil, err
		}
		if _, err := wayOf(cells[i].way); err != nil {
			return nil, err
		}
	}
	rows := make([]Row, 0, len(cells))
	best := Result{}
	for i, c := range cells {
		r, err := Run(c.options, c.way)
		if err != nil {
			return nil, err
		}
		if c.way == Best {
			best = r
		}
		rows = append(rows, row(&c, &r, &best))
		if g.Done != nil {
			g.Done(i+1, len(cells))
		}
	}
	return rows, nil
}

type cell struct {
	way     string
	options Options
}

func (g *Grid) cells() (cells []cell) {
	for _, load := range g.Loads {
		o := g.Options
		o.Load, o.Stale, o.Replies = load, g.Stales[0], g.Reports[0]
		cells = append(cells, cell{Best, o})
		for _, way := range g.Ways {
			switch {
			case way == Best:
			case Deaf(way):
				cells = append(cells, cell{way, o})
			default:
				cells = append(cells, g.listeners(way, o)...)
			}
		}
	}
	return cells
}

func (g *Grid) listeners(way string, o Options) (cells []cell) {
	for _, stale := range g.Stales {
		for _, replies := range g.Reports {
			o.Stale, o.Replies = stale, replies
			cells = append(cells, cell{way, o})
		}
	}
	return cells
}

func row(c *cell, r, best *Result) Row {
	o := &c.options
	out := Row{
		Way: c.way, Load: o.Load, Nodes: o.Nodes, Senders: o.Senders, Order: o.Order.String(), Seed: o.Seed, Offered: r.Offered,
		InTime: r.Share(), P50Seconds: r.P50.Seconds(), P99Seconds: r.P99.Seconds(),
		DelayP50: r.DelayP50.Seconds(), DelayP99: r.DelayP99.Seconds(),
		RefusedJobs: r.Refused, ExpiredJobs: r.Expired, LateJobs: r.Late, LostJobs: r.Lost, CapacityCores: r.Capacity,
	}
	if !Deaf(c.way) {
		out.StaleSeconds, out.Replies = o.Stale.Seconds(), o.Replies
	}
	if best.P99 > 0 {
		out.P99ToBest = r.P99.Seconds() / best.P99.Seconds()
	}
	if best.InTime > 0 {
		out.InTimeToBest = float64(r.InTime) / float64(best.InTime)
	}
	return out
}
