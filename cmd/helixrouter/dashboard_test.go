package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// skipWithoutBrowser skips a test that has a browser look at a router under load where
// that says nothing, or takes too long.
func skipWithoutBrowser(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs a browser")
	}
	if raceEnabled {
		t.Skip("the browser, and most daemons, are processes of their own, which the race detector does not see")
	}
	chromium(t)
}

// openDashboard starts a daemon that has run nothing, and a browser on its page.
func openDashboard(t *testing.T) (*process, *browser) {
	t.Helper()
	skipWithoutBrowser(t)
	p := start(t, nil, "--sim-jobs", "0", "--weights", "").serving()
	b := newBrowser(t, p.url)
	b.open(p.url)
	return p, b
}

const (
	// mostShift is a fifth of what counts as good elsewhere.
	mostShift = 0.02
	// mostBytes until everything is drawn, the data of the first seconds included.
	mostBytes = 1.5e6
)

// TestThePageOpensFastAndStill says how fast; the machine decides that. What it sends and that
// nothing jumps does not depend on the machine.
func TestThePageOpensFastAndStill(t *testing.T) {
	_, b := openDashboard(t)
	b.eventually("window.firstChart")
	t.Logf("first chart %.0f ms after the navigation began", evaluate[float64](b, "window.firstChart"))
	b.press("Run 200 jobs")
	b.eventually(`document.querySelector(".feed tbody tr")`)
	time.Sleep(3 * time.Second) // a few rounds of polling, in which nothing may jump
	if shift := evaluate[float64](b, "window.shifts"); shift >= mostShift {
		t.Errorf("the layout shifted by %.3f, at most %.2f: %s", shift, mostShift, evaluate[string](b, "window.shifted.join()"))
	} else {
		t.Logf("the layout shifted by %.4f: %s", shift, evaluate[string](b, "window.shifted.join()"))
	}
	if got := b.received(); got >= mostBytes {
		t.Errorf("%.0f bytes were sent, at most %.0f", got, mostBytes)
	} else {
		t.Logf("%.0f kB were sent", got/1e3)
	}
}

// TestNothingIsInTheWayOfAnybody runs axe on the page as it opens, and with everything open.
func TestNothingIsInTheWayOfAnybody(t *testing.T) {
	_, b := openDashboard(t)
	evaluate[bool](b, axe(t)+";true")
	b.audit("as it opens")
	b.press("Run 200 jobs")
	b.eventually(`document.querySelectorAll(".feed tbody tr").length > 20`)
	b.press("Explain the newest")
	b.eventually(`document.querySelector(".sentence")`)
	b.run(`document.querySelectorAll('button[aria-label$="show as table"]').forEach((x) => x.click())`)
	b.audit("with a decision explained and tables")
	b.theme("light")
	b.audit("in the light")
	b.size(390, 844)
	b.audit("on a phone")
	if wide := evaluate[float64](b, "document.documentElement.scrollWidth"); wide > 390 {
		t.Errorf("on a phone the page is %v wide", wide)
	}
}

// axe is the script that looks for what keeps people out.
func axe(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// audit fails for whatever axe finds.
func (b *browser) audit(when string) {
	b.t.Helper()
	time.Sleep(300 * time.Millisecond) // transitions between two themes have ended
	if rules := evaluate[int](b, `axe.run(document).then((r) => r.passes.length)`); rules < 20 {
		b.t.Errorf("%s: axe could check %d rules only", when, rules)
	}
	found := evaluate[[]string](b, `axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations
		.flatMap((v) => v.nodes.map((n) => v.impact + ": " + v.id + ": " + n.target.join(" ") + ": " + n.any.concat(n.all, n.none).map((c) => c.message).join("; "))))`)
	for _, violation := range found {
		b.t.Errorf("%s: %s", when, violation)
	}
}

// TestTheKeyboardReachesEverything walks with Tab through the page.
func TestTheKeyboardReachesEverything(t *testing.T) {
	_, b := openDashboard(t)
	b.press("Run 200 jobs")
	b.eventually(`document.querySelectorAll(".feed tbody tr").length > 20`)
	b.run(`
		document.activeElement.blur();
		scrollTo(0, 0);
		window.reached = new Set();
		document.addEventListener("focusin", (e) => window.reached.add(e.target));
	`)
	b.do(chromedp.KeyEvent(kb.Tab))
	if got := evaluate[string](b, "document.activeElement.className"); got != "skip" {
		t.Errorf("the first stop is %q, want the link past the header", got)
	}
	const controls = `[...document.querySelectorAll("a[href], button:not(:disabled), select, input, [tabindex='0']")].filter((e) => e.checkVisibility())`
	for range evaluate[int](b, controls+".length") + 5 {
		b.do(chromedp.KeyEvent(kb.Tab))
	}
	missed := evaluate[[]string](b, controls+`.filter((e) => !window.reached.has(e)).map((e) => e.outerHTML.slice(0, 120))`)
	for _, control := range missed {
		t.Errorf("Tab does not reach %s", control)
	}
	t.Logf("%d controls", evaluate[int](b, controls+".length"))

	// In the list of decisions the arrows move, and Enter explains.
	b.run(`document.querySelector(".feed tr[tabindex='0']").focus()`)
	b.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
	seq := evaluate[string](b, "document.activeElement.dataset.seq")
	b.do(chromedp.KeyEvent(kb.Enter))
	b.eventually(`document.querySelector(".sentence")?.textContent.includes("#` + seq + `:")`)
}

func TestTheButtonsGiveWork(t *testing.T) {
	p, b := openDashboard(t)
	b.allow("status of 409")
	b.eventually(`document.querySelector(".feed .empty")`)
	b.press("Run 200 jobs")
	b.eventually(`document.querySelector(".donut text.total").textContent === "200"`)
	b.eventually(`document.querySelectorAll(".feed tbody tr").length > 20`)
	b.run(`document.querySelectorAll(".feed tbody tr")[3].click()`)
	b.eventually(`/#\d+: (inline|spawn|cpu_pool|batch|shed), since /.test(document.querySelector(".sentence")?.textContent)`)
	if got := evaluate[int](b, `document.querySelectorAll(".arms tbody tr").length`); got < 4 {
		t.Errorf("%d arms are shown", got)
	}

	b.press("Overload")
	b.eventually(`document.querySelector(".notice").textContent.startsWith("Overload: ")`)
	b.press("Overload")
	b.eventually(`document.querySelector(".notice.bad")?.textContent === "A burst is running already: wait for its end"`)
	b.eventually(`Number(document.querySelectorAll(".tile")[2].querySelector(".big").firstChild.textContent) > 0`) // shed
	b.eventually(`document.querySelector("#decisions").textContent.startsWith("a few of each sort") &&
		[...document.querySelectorAll(".feed .chip")].some((c) => c.textContent === "shed")`)
	time.Sleep(2 * time.Second) // the first sample has come, and what it replaces is gone
	// Under load rows come with their explanation: a click is answered though the ring
	// has turned over many times.
	b.run(`[...document.querySelectorAll(".feed tbody tr")].find((r) => r.querySelector(".chip").textContent === "shed").click()`)
	b.eventually(`document.querySelector(".sentence")?.textContent.includes(": shed, since ")`)
	if _, stats := p.get("/api/stats"); strings.Contains(stats, `"dropped":0,`) {
		t.Error("nothing was shed")
	}
}

func TestTheConfigurationIsEdited(t *testing.T) {
	p, b := openDashboard(t)
	b.allow("status of 422", "status of 412")
	queue := func() float64 {
		_, text := p.get("/api/config")
		var live map[string]any
		if err := json.Unmarshal([]byte(text), &live); err != nil {
			t.Fatal(err)
		}
		return live["cpu_queue_cap"].(float64)
	}
	const fault = `document.querySelector("[name=cpu_queue_cap]").closest(".field").querySelector(".help strong")?.textContent`
	b.eventually(`document.querySelector("[name=cpu_queue_cap]")`)
	b.fill("cpu_queue_cap", "3")
	b.eventually(fault + `?.includes("at least cpu_parallelism")`)
	if !evaluate[bool](b, `document.querySelector("[type=submit]").disabled && document.querySelector("[name=cpu_queue_cap]").getAttribute("aria-invalid") === "true"`) {
		t.Error("an invalid value may be saved")
	}
	b.fill("cpu_queue_cap", "many")
	b.eventually(fault + `?.includes("whole number")`)
	if got := queue(); got != 512 {
		t.Errorf("a value that was not saved is live: %v", got)
	}

	b.fill("cpu_queue_cap", "600")
	b.press("Save")
	b.eventually(`document.querySelector(".notice").textContent === "Saved: cpu_queue_cap"`)
	if got := queue(); got != 600 {
		t.Errorf("saved 600, live is %v", got)
	}
	b.press("Undo last save")
	b.eventually(`document.querySelector("[name=cpu_queue_cap]").value === "512"`)
	if got := queue(); got != 512 {
		t.Errorf("taken back to 512, live is %v", got)
	}

	b.fill("cpu_queue_cap", "700")
	b.eventually(`!document.querySelector("[type=submit]").disabled`)
	patch(t, p, `{"batch_max_size": 9}`)
	b.press("Save")
	b.eventually(`document.querySelector(".verdict").textContent.startsWith("Somebody else changed")`)
	if got := queue(); got != 512 {
		t.Errorf("saved over somebody else's change: %v", got)
	}
	b.press("Save mine on top")
	b.eventually(`document.querySelector("[name=batch_max_size]").value === "9" && document.querySelector("[name=cpu_queue_cap]").value === "700"`)
	if got := queue(); got != 700 {
		t.Errorf("saved 700 on top, live is %v", got)
	}
}

// patch changes the configuration as somebody else would.
func patch(t *testing.T, p *process, body string) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, p.url+"/api/config", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", body, answer.Status)
	}
}

// TestTheServerGoesAndComesBack kills the daemon and starts another at its address.
func TestTheServerGoesAndComesBack(t *testing.T) {
	p, b := openDashboard(t)
	b.press("Run 200 jobs")
	b.eventually(`document.querySelector(".donut text.total").textContent === "200"`)
	b.allow("net::ERR_CONNECTION_REFUSED", "net::ERR_INCOMPLETE_CHUNKED_ENCODING", "net::ERR_CONNECTION_RESET", "net::ERR_EMPTY_RESPONSE", "net::ERR_SOCKET_NOT_CONNECTED")
	p.signal(syscall.SIGKILL)
	b.eventually(`document.querySelector(".connection.reconnecting [role=status]")?.textContent === "Reconnecting"`)
	b.eventually(`/in \d+ s/.test(document.querySelector(".pill").textContent)`)
	if evaluate[string](b, `document.querySelector(".donut text.total").textContent`) != "200" {
		t.Error("what was seen last is gone")
	}
	if !evaluate[bool](b, `[...document.querySelectorAll(".actions button")].every((x) => x.disabled)`) {
		t.Error("the buttons can be pressed though nobody listens")
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(p.url, "http://"), ":")
	again := start(t, nil, "--port", port, "--sim-jobs", "0", "--weights", "").serving()
	b.press("Try now")
	b.eventually(`document.querySelector(".connection.live")`)
	b.eventually(`document.querySelector(".donut text.total").textContent === "0"`) // the new one has run nothing
	b.eventually(`document.querySelectorAll(".feed tbody tr").length === 0`)
	b.press("Run 200 jobs")
	b.eventually(`document.querySelectorAll(".feed tbody tr").length > 20`) // its numbers start at 1 again
	if again.url != p.url {
		t.Errorf("the new daemon is at %s", again.url)
	}
}

// settled waits until a number has not changed for longer than the page's period.
func settled(b *browser, number string) (last float64) {
	last = evaluate[float64](b, number)
	for range 20 {
		time.Sleep(1500 * time.Millisecond)
		next := evaluate[float64](b, number)
		if next == last {
			break
		}
		last = next
	}
	return last
}

// TestTheListHoldsStill while somebody looks, and shows what is asked for.
func TestTheListHoldsStill(t *testing.T) {
	_, b := openDashboard(t)
	b.press("Run 200 jobs")
	b.eventually(`document.querySelectorAll(".feed tbody tr").length > 20`)
	const newest = `Number(document.querySelector(".feed tbody tr").dataset.seq)`
	// All 200 where the page reads the stream; where the machine is slow it takes samples.
	b.eventually(newest + ` > 100`)
	held := settled(b, newest)
	b.run(`document.querySelector(".feed tbody tr").focus()`)
	b.press("Run 200 jobs")
	b.eventually(`/held while you look, \d+ new/.test(document.querySelector(".a-decisions .note").textContent)`)
	if got := evaluate[float64](b, newest); got != held {
		t.Errorf("held at %v, the list moved on to %v", held, got)
	}
	b.run(`document.activeElement.blur()`)
	b.eventually(newest + ` > 300`)

	const choose = `const s = document.querySelector("[aria-label='Show strategy']"); s.value = "spawn"; s.dispatchEvent(new Event("change", {bubbles: true}))`
	b.run(choose)
	b.eventually(`(() => { const all = [...document.querySelectorAll(".feed tbody .chip")].map((c) => c.textContent); return all.length > 5 && all.every((s) => s === "spawn"); })()`)
	b.press("Pause")
	before := evaluate[float64](b, newest)
	b.press("Run 200 jobs")
	b.eventually(`document.querySelector(".donut text.total").textContent === "600"`)
	time.Sleep(500 * time.Millisecond) // twice what rows take to be drawn
	if got := evaluate[float64](b, newest); got != before {
		t.Errorf("paused at %v, the list moved on to %v", before, got)
	}
}

// TestATokenIsAskedFor where the daemon wants one: of who comes through a proxy.
func TestATokenIsAskedFor(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("runs a browser")
	}
	p := start(t, []string{"HELIX_TOKEN=open sesame"}, "--sim-jobs", "0", "--weights", "").serving()
	b := newBrowser(t, p.url)
	b.allow("status of 401")
	b.do(command(network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"X-Forwarded-For": "192.0.2.1"}}))
	b.open(p.url)
	b.press("Run 200 jobs")
	b.eventually(`document.querySelector(".notice.bad")?.textContent.includes("a write from beyond loopback")`)
	b.run(`document.querySelector(".token input").focus()`)
	b.do(chromedp.KeyEvent("open sesame"))
	b.press("Run 200 jobs")
	b.eventually(`document.querySelector(".donut text.total").textContent === "200"`)
	if evaluate[bool](b, `document.querySelector(".token") !== null`) {
		t.Error("the field for the token is still there")
	}
}

// TestAHiddenPageAsksForNothing and shows everything again when somebody looks.
func TestAHiddenPageAsksForNothing(t *testing.T) {
	_, b := openDashboard(t)
	const hide = `Object.defineProperty(document, "hidden", {configurable: true, value: %t}); document.dispatchEvent(new Event("visibilitychange"))`
	const asked = `performance.getEntriesByType("resource").length`
	b.eventually(asked + " > 8")
	b.run(fmt.Sprintf(hide, true))
	time.Sleep(500 * time.Millisecond) // what was on its way has come
	before := evaluate[int](b, asked)
	time.Sleep(3 * time.Second)
	if after := evaluate[int](b, asked); after != before {
		t.Errorf("%d requests of a page that nobody sees", after-before)
	}
	b.run(fmt.Sprintf(hide, false))
	b.eventually(fmt.Sprintf("%s > %d + 5", asked, before))
	b.press("Run 200 jobs")
	b.eventually(`document.querySelectorAll(".feed tbody tr").length > 20`)
}

// TestScreenshots renews the pictures of the documentation where it is told to:
//
//	go test ./cmd/helixrouter -run Screenshots -screenshots "$PWD/docs/screenshots"
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("renews the pictures where -screenshots says")
	}
	_, b := openDashboard(t)
	take := func(name string) { b.shoot(filepath.Join(*screenshots, name+".png")) }
	b.size(1440, 1480)
	time.Sleep(5 * time.Second)
	take("idle")
	for range 4 {
		b.press("Run 200 jobs")
		time.Sleep(4 * time.Second)
	}
	take("run")
	b.run(`[...document.querySelectorAll(".feed tbody tr")].find((r) => r.querySelector(".chip").textContent === "cpu_pool").click()`)
	b.eventually(`document.querySelector(".sentence")`)
	b.theme("light")
	time.Sleep(2 * time.Second)
	take("light")
	b.theme("dark")
	b.press("Overload")
	b.eventually(`[...document.querySelectorAll(".feed .chip")].some((c) => c.textContent === "shed")`)
	time.Sleep(7 * time.Second)
	take("overload")
	b.run(`[...document.querySelectorAll(".feed tbody tr")].find((r) => r.querySelector(".chip").textContent === "shed").click()`)
	time.Sleep(time.Second)
	b.size(1440, 1180)
	b.run(`document.querySelector(".a-decisions").scrollIntoView({block: "start", behavior: "instant"})`)
	time.Sleep(2 * time.Second)
	take("explained")
	b.run(`document.querySelector(".a-config").scrollIntoView({block: "end", behavior: "instant"})`)
	b.allow("status of 422")
	b.fill("cpu_queue_cap", "3")
	b.size(1440, 900)
	time.Sleep(2 * time.Second)
	take("config")
	b.press("Discard")
	b.size(390, 1690)
	b.run(`scrollTo(0, 0)`)
	time.Sleep(2 * time.Second)
	take("phone")
}
