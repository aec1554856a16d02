package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is one tab of a real Chromium. It notes whatever a page must not do: errors on
// the console, exceptions, violations of the policy, and requests to other hosts.
type browser struct {
	t    *testing.T
	ctx  context.Context
	home string // host and port of the daemon

	mu      sync.Mutex
	faults  []string // guarded by mu
	bytes   float64  // received, as they went over the wire; guarded by mu
	allowed []string // parts of errors that the test brings about itself; guarded by mu
}

// chromium finds the browser that .ci/tools provides.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no chromium on the PATH: run .ci/tools as root, or install the package chromium")
	}
	t.Skip("no chromium on the PATH: install the package chromium")
	return ""
}

// newBrowser starts Chromium for the daemon at an address. It ends with the test, which
// fails for everything that the page did wrong.
func newBrowser(t *testing.T, address string) *browser {
	t.Helper()
	home, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, home: home.Host}
	if err := chromedp.Listen(ctx, b.heard); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.report)
	b.do(command(network.Enable, network.EnableParams{}), command(log.Enable, cdp.Empty{}),
		command(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}), // a window without focus has no focus events
		command(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch}))
	b.theme("dark")
	b.size(1440, 900)
	return b
}

// command is a command of the protocol whose answer nobody needs.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// watch runs in every page before its own script. It adds up the shifts of the layout and
// notes when the first chart has been drawn.
const watch = `
window.shifts = 0;
window.shifted = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.shifts += entry.value;
    window.shifted.push(...entry.sources.map((s) => s.node?.className || s.node?.nodeName));
  }
}).observe({ type: "layout-shift", buffered: true });
const drawn = () => {
  const canvas = document.querySelector(".uplot canvas");
  const live = document.querySelector(".connection.live");
  if (canvas && canvas.width > 0 && live) window.firstChart = performance.now();
  else requestAnimationFrame(drawn);
};
requestAnimationFrame(drawn);
`

// heard is called with each event, on the goroutine that reads them.
func (b *browser) heard(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.fault("exception: %s %s", e.ExceptionDetails.Text, e.ExceptionDetails.Exception.Description)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			for _, arg := range e.Args {
				b.fault("console: %s %s", arg.Value, arg.Description)
			}
		}
	case *log.EventEntryAdded: // violations of the policy are here too
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.fault("log: %s %s", e.Entry.Text, e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Host != b.home {
			b.fault("a request to another host: %s", e.Request.URL)
		}
	case *network.EventLoadingFinished:
		b.mu.Lock()
		defer b.mu.Unlock()
		b.bytes += e.EncodedDataLength
	}
}

func (b *browser) fault(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	for _, part := range b.allowed {
		if strings.Contains(text, part) {
			return
		}
	}
	b.faults = append(b.faults, text)
}

// allow says what the test itself brings about: Chromium logs every answer of 400 and
// above as an error, the refusal of an invalid value among them.
func (b *browser) allow(parts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.allowed = append(b.allowed, parts...)
}

func (b *browser) received() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes
}

func (b *browser) report() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.faults {
		b.t.Error(text)
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if b.ctx != nil && chromedp.FromContext(b.ctx).Target == nil {
		ctx = b.ctx // the first call starts the browser, which lives as long as its context
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) open(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address))
	b.eventually(`document.querySelector(".connection.live")`)
}

func (b *browser) size(width, height int64) { b.do(chromedp.EmulateViewport(width, height)) }

func (b *browser) theme(name string) {
	b.do(command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}}))
}

// evaluate runs a script in the page, and waits for its promise.
func evaluate[T any](b *browser, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", cut(script), err)
	}
	return value
}

// run runs a script for what it does.
func (b *browser) run(script string) {
	b.t.Helper()
	evaluate[bool](b, "(() => {"+script+"; return true; })()")
}

func cut(script string) string { return script[:min(len(script), 200)] }

// eventually waits for a script to be true. A machine with saturated cores takes its time.
func (b *browser) eventually(script string) {
	b.t.Helper()
	for end := time.Now().Add(45 * time.Second); !evaluate[bool](b, "Boolean("+script+")"); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			b.shoot(filepath.Join(os.TempDir(), "helix-"+b.t.Name()+".png"))
			b.t.Fatalf("never: %s; the page is in %s", script, os.TempDir())
		}
	}
}

// press clicks the button of a text.
func (b *browser) press(text string) {
	b.t.Helper()
	script := fmt.Sprintf(`[...document.querySelectorAll("button")].find((b) => b.textContent.trim() === %q && !b.disabled)`, text)
	b.eventually(script)
	b.run(script + ".click()")
}

// fill replaces the text of a field as typing does.
func (b *browser) fill(field, text string) {
	b.t.Helper()
	b.run(fmt.Sprintf(`const f = document.querySelector("[name=%s]"); f.focus(); f.select()`, field))
	b.do(chromedp.KeyEvent(text))
}

func (b *browser) shoot(path string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(path, picture, 0o644)
	}
	if err != nil {
		b.t.Error(err)
	}
}
