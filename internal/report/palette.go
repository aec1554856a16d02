package report

import (
	"image/color"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// palette is Okabe and Ito's, whose colours people with any kind of colour vision can
// tell apart; its yellow is left out, as it cannot be seen on white.
var palette = []color.RGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
	{86, 180, 233, 255}, {230, 159, 0, 255}, {0, 0, 0, 255},
}

var (
	gray  = color.RGBA{120, 120, 120, 255}
	faint = color.RGBA{225, 225, 225, 255}
)

// colour goes round for more policies than colours; the table tells those apart.
func colour(i int) color.RGBA { return palette[i%len(palette)] }

// dash is how a line is drawn.
type dash []vg.Length

var (
	solid  dash
	dashed = dash{vg.Points(5), vg.Points(3)}
)

// line adds a curve and its entry in the legend. A single point is a dot.
func (c *chart) line(name string, in color.RGBA, as dash, points plotter.XYs) {
	if len(points) == 0 {
		return
	}
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		c.err = err
		return
	}
	line.Color, line.Width, line.Dashes = in, vg.Points(1.6), as
	dots.Color, dots.Radius = in, vg.Points(2)
	c.plot.Add(line, dots)
	c.legend.Add(name, line)
	c.drawn = true
}
