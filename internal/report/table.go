package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// column is one of the table.
type column struct {
	head string
	cell func(*Row) string
}

// columns are the table's, in the order of the row. What is text stands left, as
// tabwriter aligns one way only; numbers are short enough to be read so.
var columns = []column{
	{"policy", func(r *Row) string { return r.Policy }},
	{"scenario", func(r *Row) string { return r.Scenario }},
	{"load", func(r *Row) string { return strconv.FormatFloat(r.Load, 'g', 3, 64) }},
	{"cores", func(r *Row) string { return strconv.Itoa(r.Cores) }},
	{"offered", func(r *Row) string { return strconv.Itoa(r.Offered) }},
	{"goodput", func(r *Row) string { return share(r.GoodputFraction) }},
	{"bound", func(r *Row) string { return share(r.BoundFraction) }},
	{"ratio", func(r *Row) string { return ratio(r) }},
	{"shed", func(r *Row) string { return strconv.Itoa(r.Shed) }},
	{"expired", func(r *Row) string { return strconv.Itoa(r.Expired) }},
	{"late", func(r *Row) string { return strconv.Itoa(r.Late) }},
	{"failed", func(r *Row) string { return strconv.Itoa(r.Failed) }},
	{"p50", func(r *Row) string { return seconds(r.P50Seconds) }},
	{"p99", func(r *Row) string { return seconds(r.P99Seconds) }},
	{"wasted", func(r *Row) string { return share(r.WastedCoreFraction) }},
	{"decisions/s", func(r *Row) string { return strconv.FormatFloat(r.DecisionsPerSecond, 'f', 0, 64) }},
}

// extras are columns that are shown when a row has one.
var extras = []struct {
	column
	has func(Row) bool
}{
	{column{"lag p99", func(r *Row) string { return seconds(r.GeneratorLagSeconds) }}, func(r Row) bool { return r.GeneratorLagSeconds > 0 }},
	{column{"least tenant", func(r *Row) string { return share(r.LeastTenant) }}, func(r Row) bool { return r.Tenants > 0 }},
}

// WriteTable writes the rows for people.
func WriteTable(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	shown := slices.Clone(columns)
	for _, x := range extras {
		if slices.ContainsFunc(rows, x.has) {
			shown = append(shown, x.column)
		}
	}
	for _, c := range shown {
		fmt.Fprintf(t, "%s\t", c.head)
	}
	fmt.Fprintln(t)
	for i := range rows {
		for _, c := range shown {
			fmt.Fprintf(t, "%s\t", c.cell(&rows[i]))
		}
		fmt.Fprintln(t)
	}
	return t.Flush() // tabwriter keeps everything until here, so that this is the one write that can fail
}

func share(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

// ratio shows the extremes where there are several seeds.
func ratio(r *Row) string {
	if r.Seeds < 2 {
		return share(r.RatioToBound)
	}
	return fmt.Sprintf("%s (%s..%s)", share(r.RatioToBound), share(r.RatioLow), share(r.RatioHigh))
}

// seconds shows three digits: a latency histogram knows no more.
func seconds(v float64) string {
	d := time.Duration(v * 1e9)
	for grain := time.Second; grain >= time.Microsecond; grain /= 10 {
		if d >= 100*grain {
			return d.Round(grain).String()
		}
	}
	return d.Round(10 * time.Nanosecond).String()
}
