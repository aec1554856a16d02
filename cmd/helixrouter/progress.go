package main

import (
	"io"

	"github.com/vbauerster/cupwriter"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// showProgress draws a bar on a terminal and nothing anywhere else. finish removes
// it, so that what is printed next stands alone.
func showProgress(out io.Writer, total int, environ []string) (progress func(done int), finish func()) {
	if !cupwriter.New(out, false).IsTerminal() || lookup(environ, "TERM") == "dumb" {
		return nil, func() {}
	}
	bars := mpb.New(mpb.WithOutput(out))
	bar := bars.AddBar(int64(total),
		mpb.BarWidth(40), mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name("startup workload "), decor.CountersNoUnit("%d/%d")))
	return func(done int) { bar.SetCurrent(int64(done)) }, func() {
		bar.Abort(true) // nothing once it is complete; else Wait would wait for the rest
		bars.Wait()
	}
}
