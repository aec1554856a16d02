package report

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// WriteSVG draws two charts for each scenario into a directory, which it makes if
// need be: goodput-NAME.svg, jobs finished inside their budgets against offered load with
// the bound above them, and latency-NAME.svg, p50 and p99. The same rows give the
// same files.
func WriteSVG(dir string, rows []Row) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	var errs []error
	for _, scenario := range distinct(rows, func(r *Row) string { return r.Scenario }) {
		own := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Scenario != scenario })
		errs = append(errs,
			goodput(own).save(filepath.Join(dir, "goodput-"+scenario+".svg")),
			latency(own).save(filepath.Join(dir, "latency-"+scenario+".svg")))
	}
	return errors.Join(errs...)
}

// distinct lists the values of a column in order of appearance.
func distinct(rows []Row, of func(*Row) string) (values []string) {
	for i := range rows {
		if v := of(&rows[i]); !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}

// goodput draws counts and not shares: it is flat where a router holds its ground
// under overload, and falls where it collapses.
func goodput(rows []Row) *chart {
	c := newChart("Goodput: "+rows[0].Scenario, "jobs finished inside their budgets", rows)
	c.plot.Y.Min = 0
	jobs := func(share float64, r *Row) float64 { return share * float64(r.Offered) }
	policies := distinct(rows, func(r *Row) string { return r.Policy })
	c.line("bound", gray, dashed, c.points(policies[0], func(r *Row) float64 { return jobs(r.BoundFraction, r) }))
	for i, p := range policies {
		c.line(p, colour(i), solid, c.points(p, func(r *Row) float64 { return jobs(r.GoodputFraction, r) }))
	}
	return c
}

func latency(rows []Row) *chart {
	c := newChart("Latency: "+rows[0].Scenario, "seconds from intended start to end", rows)
	for i, p := range distinct(rows, func(r *Row) string { return r.Policy }) {
		c.line(p+" p99", colour(i), solid, c.points(p, func(r *Row) float64 { return r.P99Seconds }))
		c.line(p+" p50", colour(i), dashed, c.points(p, func(r *Row) float64 { return r.P50Seconds }))
	}
	if c.drawn { // the scale is logarithmic, and no scale at all without a positive value
		c.plot.Y.Scale, c.plot.Y.Tick.Marker = plot.LogScale{}, decades{}
	}
	return c
}

// decades are the ticks of a logarithmic axis, without those beyond its ends: the
// library leaves room for their labels.
type decades struct{}

// Ticks implements plot.Ticker.
func (decades) Ticks(low, high float64) []plot.Tick {
	return slices.DeleteFunc(plot.LogTicks{Prec: -1}.Ticks(low, high), func(t plot.Tick) bool {
		return t.Value < low || t.Value > high
	})
}

// The size of a chart and of the column right of it in which the legend stands, so that no
// curve runs through it.
const (
	chartWidth   = 7 * vg.Inch
	chartHeight  = 4 * vg.Inch
	legendColumn = 1.9 * vg.Inch
)

// chart is a plot with its legend beside it.
type chart struct {
	plot   *plot.Plot
	legend plot.Legend
	rows   []Row
	drawn  bool // has a curve
	err    error
}

// newChart has the load as its x axis: logarithmic, with a tick at each load that was run.
func newChart(title, y string, rows []Row) *chart {
	c := &chart{plot: plot.New(), legend: plot.NewLegend(), rows: rows}
	p := c.plot
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, "offered load (core time over cores)", y
	var ticks plot.ConstantTicks
	for i := range rows {
		load := rows[i].Load
		if !slices.ContainsFunc(ticks, func(t plot.Tick) bool { return t.Value == load }) {
			ticks = append(ticks, plot.Tick{Value: load, Label: fmt.Sprintf("%.3g", load)})
		}
	}
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, ticks
	byValue := func(a, b plot.Tick) int { return cmp.Compare(a.Value, b.Value) }
	p.X.Min, p.X.Max = slices.MinFunc(ticks, byValue).Value*0.95, slices.MaxFunc(ticks, byValue).Value*1.05
	p.Title.Padding, p.Title.TextStyle.Font.Size = vg.Points(6), vg.Points(13)
	for _, variant := range []*font.Variant{
		&p.Title.TextStyle.Font.Variant, &p.X.Label.TextStyle.Font.Variant, &p.Y.Label.TextStyle.Font.Variant,
		&p.X.Tick.Label.Font.Variant, &p.Y.Tick.Label.Font.Variant, &c.legend.TextStyle.Font.Variant,
	} {
		*variant = "Sans"
	}
	c.legend.Top, c.legend.Left = true, true
	c.legend.TextStyle.Font.Size, c.legend.Padding, c.legend.ThumbnailWidth = vg.Points(10), vg.Points(3), vg.Points(22)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = faint, faint
	p.Add(grid)
	return c
}

// points are one policy's values by load; what is not positive has no place on a
// logarithmic axis and means that nothing ran.
func (c *chart) points(policy string, value func(*Row) float64) plotter.XYs {
	var points plotter.XYs
	for i := range c.rows {
		if r := &c.rows[i]; r.Policy == policy && value(r) > 0 && r.Load > 0 {
			points = append(points, plotter.XY{X: r.Load, Y: value(r)})
		}
	}
	slices.SortStableFunc(points, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
	return points
}

// save draws the plot with its legend in the column beside it.
func (c *chart) save(path string) error {
	if c.err != nil {
		return c.err
	}
	canvas := vgsvg.New(chartWidth, chartHeight)
	all := draw.New(canvas)
	c.plot.Draw(draw.Crop(all, vg.Points(4), -legendColumn, vg.Points(4), -vg.Points(4)))
	c.legend.Draw(draw.Crop(all, chartWidth-legendColumn+vg.Points(8), 0, 0, -vg.Points(28)))
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = canvas.WriteTo(file)
	return errors.Join(err, file.Close())
}
