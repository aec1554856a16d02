package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/dashboard"
	"github.com/helixrouter/helix/internal/httpapi"
	"github.com/helixrouter/helix/kernel"
	"github.com/helixrouter/helix/metrics"
)

// roster is a transport without a wire: one peer is a second router in this process, which
// really runs the jobs, and the others are names in states that the page has to show.
type roster struct {
	worker *helix.Router
	sent   atomic.Uint64
	done   atomic.Uint64
	out    atomic.Int64
	cut    atomic.Bool // the connection is lost
	alone  atomic.Bool // nobody is in sight
}

func (f *roster) PeerName(uint32) string { return "rack-3" }

// Quote is what the other router is likely to make of a job, with cores that are said to be
// four times as fast.
func (f *roster) Quote(_ string, service time.Duration) helix.Quote {
	if f.cut.Load() || f.alone.Load() {
		return helix.Quote{}
	}
	load := f.worker.LoadReport()
	return helix.Quote{
		Peer: 3, Valid: true, Wait: load.Backlog / time.Duration(load.Lanes), Overhead: 100 * time.Microsecond,
		Run: service / 4, Spread: service / 4, Age: 50 * time.Millisecond, Scarcity: float32(load.Scarcity),
	}
}

func (f *roster) Carry(ctx context.Context, p *helix.Parcel) (helix.Delivery, error) {
	f.sent.Add(1)
	f.out.Add(1)
	defer f.out.Add(-1)
	out, routed, err := f.worker.CallRouted(ctx, p.Kind, p.Payload, helix.Deadline(p.Deadline))
	if err != nil {
		return helix.Delivery{}, &helix.UndeliveredError{Kind: p.Kind, Peer: "rack-3", Attempts: 1, Unstarted: errors.Is(err, helix.ErrShed), Err: err}
	}
	f.done.Add(1)
	return helix.Delivery{Output: out, Peer: "rack-3", Run: routed.Run}, nil
}

func (f *roster) Fleet() helix.Fleet {
	sent, done := f.sent.Load(), f.done.Load()
	fleet := helix.Fleet{
		Node: "home", Connected: !f.cut.Load(), Server: "nats://127.0.0.1:4222",
		Sent: sent, Done: done, Returned: sent - done - uint64(f.out.Load()), Retries: 12, Hedges: 3, Budget: 4.5,
	}
	if f.cut.Load() {
		fleet.LastError = "dial tcp 127.0.0.1:4222: connection refused"
	}
	if f.alone.Load() {
		return fleet
	}
	load := f.worker.LoadReport()
	kinds := []helix.PeerKind{{Kind: "HashMix", Slowth: 0.61, Samples: 240}, {Kind: "MonteCarloRisk", Slowth: 1.8, Samples: 71}, {Kind: "PrimeCount", Slowth: 0.97, Samples: 512}}
	fleet.Peers = []helix.Peer{
		{Name: "rack-1", State: helix.PeerDraining, Why: "it has said that it leaves", Age: 90 * time.Millisecond, InFlight: 3, Lanes: 8, Speed: 1.02, Overhead: 410 * time.Microsecond, Sent: 8_211, Done: 8_209, Lost: 2},
		{Name: "rack-2", State: helix.PeerEjected, Why: "5 jobs in a row got no answer; a try in 4.2 s", Age: 180 * time.Millisecond, InFlight: 19, Backlog: 2300 * time.Millisecond, Lanes: 8, Scarcity: 0.32, Speed: 0.48, Outstanding: 5, Overhead: 12 * time.Millisecond, Doubt: 900 * time.Millisecond, Sent: 1_931, Done: 1_790, Failed: 4, Refused: 96, Lost: 41},
		{Name: "rack-3", State: helix.PeerReady, Age: 60 * time.Millisecond, InFlight: load.InFlight, Backlog: load.Backlog, Lanes: float64(load.Lanes), Scarcity: load.Scarcity, Speed: 3.9, Outstanding: int(f.out.Load()), Overhead: 380 * time.Microsecond, Doubt: 120 * time.Microsecond, Sent: sent, Done: done, Kinds: kinds},
		{Name: "rack-4", State: helix.PeerReady, Age: 140 * time.Millisecond, InFlight: 11, Backlog: 18 * time.Millisecond, Lanes: 8, Scarcity: 0.02, Speed: 1, Outstanding: 2, Overhead: 400 * time.Microsecond, Doubt: 800 * time.Microsecond, Sent: 40_218, Done: 40_100, Failed: 12, Refused: 106},
		{Name: "rack-5", State: helix.PeerTrial, Why: "one job is on its way to see", Age: 210 * time.Millisecond, Lanes: 4.5, Speed: 0.9, Outstanding: 1, Overhead: 700 * time.Microsecond, Sent: 77, Done: 60, Lost: 16},
		{Name: "the-old-machine-under-the-desk.example", State: helix.PeerStale, Why: "no report for 8.4 s", Age: 8400 * time.Millisecond, InFlight: 1, Lanes: 2, Speed: 0.21},
	}
	return fleet
}

// showFleet serves the page of a router in this process, which is in a fleet.
func showFleet(t *testing.T) (*roster, *browser) {
	t.Helper()
	skipWithoutBrowser(t)
	fleet := &roster{worker: sampleRouter(t)}
	router := sampleRouter(t, helix.WithTransport(fleet))
	api := httpapi.New(router, httpapi.Options{Page: dashboard.New(), Metrics: metrics.Handler(router)})
	server := httptest.NewUnstartedServer(nil)
	server.Config = httpapi.Server("", api, slog.New(slog.DiscardHandler))
	server.Start()
	t.Cleanup(func() {
		api.Drain() // ends the streams, for which the server would wait
		server.Close()
		if err := api.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	b := newBrowser(t, server.URL)
	b.open(server.URL)
	return fleet, b
}

// sampleRouter has the sample kinds.
func sampleRouter(t *testing.T, options ...helix.Option) *helix.Router {
	t.Helper()
	r, err := helix.New(helix.DefaultConfig(), options...)
	if err == nil {
		err = kernel.Register(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := r.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return r
}

// peerRow is the text of one peer's row.
func peerRow(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(".peers tbody tr")].find((r) => r.querySelector("th")?.textContent.includes(%q))`, name)
}

// TestTheFleetIsShown with peers in every state, while some of the work leaves.
func TestTheFleetIsShown(t *testing.T) {
	fleet, b := showFleet(t)
	b.eventually(`document.querySelectorAll(".peers tbody tr").length === 6`)
	for name, want := range map[string]string{"rack-1": "draining", "rack-2": "ejected", "rack-3": "ready", "rack-5": "trial", "under-the-desk": "stale"} {
		if got := evaluate[string](b, peerRow(name)+`.querySelector(".state").textContent`); len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("%s is shown as %q, want %s", name, got, want)
		}
	}
	row := evaluate[string](b, `[...`+peerRow("rack-2")+`.cells].map((c) => c.textContent).join("|")`)
	if want := "▸rack-2|ejected5 jobs in a row got no answer; a try in 4.2 s|19 of 8|2.3 s|32 %|0.48×|180 ms|900 ms|1,790|4 failed, 96 refused, 41 lost"; row != want {
		t.Errorf("rack-2 is %q\nwant      %q", row, want)
	}
	if note := evaluate[string](b, `document.querySelector("#fleet").textContent`); note != "connected 2 of 6 peers ready" {
		t.Errorf("the fleet is said to be %q", note)
	}

	b.press("Overload")
	b.eventually(`[...document.querySelectorAll(".parts li")].some((li) => li.textContent.startsWith("remote") && !li.classList.contains("none"))`)
	b.eventually(`Number.parseFloat(document.querySelector(".away .fact dd").textContent) > 0`)
	if fleet.sent.Load() == 0 {
		t.Error("a share of the work left that was never sent")
	}
	const choose = `const s = document.querySelector("[aria-label='Show strategy']"); s.value = "remote"; s.dispatchEvent(new Event("change", {bubbles: true}))`
	b.run(choose)
	b.eventually(`[...document.querySelectorAll(".feed tbody tr")].length > 2 && [...document.querySelectorAll(".feed tbody tr")].every((r) => r.querySelector(".chip").textContent === "remote" && r.querySelector(".to")?.textContent === "rack-3")`)
	b.allow("status of 404") // of a row that came before the samples, whose rows have their explanations
	b.eventually(`(document.querySelector(".feed tbody tr")?.click(), / #\d+: remote, since /.test(document.querySelector(".sentence")?.textContent))`)
	b.eventually(`document.querySelector(".explain .fact .to")?.textContent === "rack-3" && [...document.querySelectorAll(".arms tr.chosen th")].some((h) => h.textContent === "remote")`)

	fleet.cut.Store(true)
	b.eventually(`document.querySelector("#fleet").textContent === "not connected dial tcp 127.0.0.1:4222: connection refused"`)
	fleet.cut.Store(false)
	fleet.alone.Store(true)
	b.eventually(`document.querySelector(".away + .join code")?.textContent === "helixrouter worker --nats nats://127.0.0.1:4222"`)
	if !evaluate[bool](b, `document.querySelector("[name=remote_limit]").closest(".field").textContent.includes("Away at most")`) {
		t.Error("the form does not know remote_limit")
	}
}

// TestTheFleetIsForEverybody: axe, the keyboard, a phone, and nothing moves.
func TestTheFleetIsForEverybody(t *testing.T) {
	_, b := showFleet(t)
	evaluate[bool](b, axe(t)+";true")
	b.eventually(`document.querySelectorAll(".peers tbody tr").length === 6`)
	const height = `document.querySelector(".a-fleet").offsetHeight`
	before := evaluate[float64](b, height)
	b.run(peerRow("rack-3") + `.querySelector("button").focus()`)
	b.do(chromedp.KeyEvent(kb.Enter))
	b.eventually(`document.querySelector(".learned")?.textContent.includes("MonteCarloRisk1.8× of the time here 71 samples")`)
	if !evaluate[bool](b, peerRow("rack-3")+`.querySelector("button").getAttribute("aria-expanded") === "true"`) {
		t.Error("a screen reader is not told that the row is open")
	}
	b.audit("with a peer opened")
	if after := evaluate[float64](b, height); after != before {
		t.Errorf("the panel was %v high and is %v with a peer opened", before, after)
	}
	b.run(`document.querySelector(".a-fleet button[aria-label$='show as table']").click()`)
	b.eventually(`document.querySelector(".away table")`)
	b.theme("light")
	b.audit("in the light, the share as a table")
	b.size(390, 844)
	b.audit("on a phone")
	if wide := evaluate[float64](b, "document.documentElement.scrollWidth"); wide > 390 {
		t.Errorf("on a phone the page is %v wide", wide)
	}
	if shift := evaluate[float64](b, "window.shifts"); shift >= mostShift {
		t.Errorf("the layout shifted by %.3f, at most %.2f: %s", shift, mostShift, evaluate[string](b, "window.shifted.join()"))
	}

	b.size(1440, 3000) // everything is in sight when the page opens anew
	b.do(chromedp.Reload())
	b.eventually(`document.querySelectorAll(".peers tbody tr").length === 6`)
	time.Sleep(time.Second) // the observer is told of shifts after they happened
	if moved := evaluate[string](b, "window.shifted.join()"); strings.Contains(moved, "a-pool") || strings.Contains(moved, "a-fleet") {
		t.Errorf("what is below the fleet moved when the fleet was known: %s", moved)
	}
}

// TestAloneTheFleetSaysHowToJoin is the page of a daemon that has no transport.
func TestAloneTheFleetSaysHowToJoin(t *testing.T) {
	_, b := openDashboard(t)
	b.eventually(`document.querySelector(".a-fleet .join")`)
	got := evaluate[string](b, `[...document.querySelectorAll(".a-fleet code")].map((c) => c.textContent).join("; ")`)
	if want := "helixrouter --cluster; helixrouter --nats URL; helixrouter worker --nats URL"; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	if evaluate[bool](b, `[...document.querySelectorAll("[aria-label='Show strategy'] option, .parts span")].some((e) => e.textContent === "remote")`) {
		t.Error("remote is offered where no job can go")
	}
}

// TestFleetScreenshot renews the picture of the fleet, see TestScreenshots.
func TestFleetScreenshot(t *testing.T) {
	if *screenshots == "" {
		t.Skip("renews the picture where -screenshots says")
	}
	_, b := showFleet(t)
	b.size(1440, 980)
	b.run(`fetch("api/simulate", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({jobs: 400000, rate: 12000, seed: 7})})`)
	time.Sleep(25 * time.Second)
	b.run(peerRow("rack-3") + `.querySelector("button").click(); document.querySelector(".a-decisions").scrollIntoView({block: "start", behavior: "instant"})`)
	b.run(`[...document.querySelectorAll(".feed tbody tr")].find((r) => r.querySelector(".chip").textContent === "remote").click()`)
	time.Sleep(2 * time.Second)
	b.shoot(filepath.Join(*screenshots, "fleet.png"))
}
