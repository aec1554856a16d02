package helix

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/helixrouter/helix/internal/exec"
	"github.com/helixrouter/helix/route"
)

const (
	// maxKinds bounds the label sets of metrics and the histograms: each shard keeps
	// up to 12 KB for a kind and a strategy, so on two cores 256 kinds on one strategy
	// take up to 48 MB. Programs have a handful.
	maxKinds = 256
	// maxHinted bounds the kinds among them that only a Hint has named. The name may
	// come from a request, and must not take the place of what is registered.
	maxHinted = 64
	// maxKindBytes is long enough for a package path, short enough for a label.
	maxKindBytes = 128

	funcKind  = "func"  // work whose Hint names no kind
	otherKind = "other" // work whose kind came after maxHinted others
)

// kind is what the router keeps of one kind of work. It is immutable.
type kind struct {
	name       string
	number     uint32
	former     *exec.Former // nil when the kind cannot be batched
	arms       route.Set    // what the kind can do
	idempotent bool         // a job of it may run twice
	// handle is the *Handle of a registered kind, nil for one that a Hint named.
	handle any
}

// reach is what a job of the kind can do that is told where it may run.
func (k *kind) reach(r Reach) route.Set {
	if r == Here || r != AtMostOnce && !k.idempotent {
		return k.arms.Without(route.Remote)
	}
	return k.arms
}

// plainArms are what any function can take.
const plainArms = 1<<route.Inline | 1<<route.Spawn | 1<<route.CPUPool

// kindTable finds kinds by name. Reading takes no lock: the map is replaced, never changed.
type kindTable struct {
	byName atomic.Pointer[map[string]*kind]

	mu       sync.Mutex
	byNumber []*kind // guarded by mu
	hinted   int     // of those, the ones that are not registered; guarded by mu
}

func newKindTable() *kindTable {
	t := &kindTable{}
	t.byName.Store(&map[string]*kind{})
	for _, name := range []string{funcKind, otherKind} {
		t.addLocked(&kind{name: name, arms: plainArms})
	}
	return t
}

func (t *kindTable) get(name string) *kind { return (*t.byName.Load())[name] }

// named returns the kind of a Hint, and makes one at the first sight of a name.
func (t *kindTable) named(name string) (*kind, error) {
	if name == "" {
		name = funcKind
	}
	if k := t.get(name); k != nil {
		return k, nil
	}
	if err := checkKindName(name); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if k := t.get(name); k != nil {
		return k, nil
	}
	if t.hinted >= maxHinted || len(t.byNumber) >= maxKinds {
		return t.get(otherKind), nil
	}
	t.hinted++
	return t.addLocked(&kind{name: name, arms: plainArms}), nil
}

// register adds a kind under a name that is free or was only named by Hints; a
// kind that was named keeps its number, and so its measurements.
func (t *kindTable) register(k *kind) error {
	if err := checkKindName(k.name); err != nil {
		return err
	}
	if k.name == funcKind || k.name == otherKind {
		return fmt.Errorf("kind %q is a name that the router uses itself: choose another", k.name)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.get(k.name)
	switch {
	case old != nil && old.handle != nil:
		return fmt.Errorf("kind %q is registered already: register each name once", k.name)
	case old == nil && len(t.byNumber) >= maxKinds:
		return fmt.Errorf("kind %q is one too many: a router keeps %d kinds", k.name, maxKinds)
	case old == nil:
		t.addLocked(k)
	default:
		t.hinted--
		k.number = old.number
		t.byNumber[k.number] = k
		t.putLocked(k)
	}
	return nil
}

func (t *kindTable) addLocked(k *kind) *kind {
	k.number = uint32(len(t.byNumber))
	t.byNumber = append(t.byNumber, k)
	t.putLocked(k)
	return k
}

func (t *kindTable) putLocked(k *kind) {
	next := maps.Clone(*t.byName.Load())
	next[k.name] = k
	t.byName.Store(&next)
}

// name returns the name of a kind's number.
func (t *kindTable) name(number uint32) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byNumber[number].name
}

// Kinds lists the registered kinds, sorted.
func (r *Router) Kinds() []string {
	return r.kinds.list(func(k *kind) bool { return k.handle != nil })
}

// JobKinds lists the registered kinds that take job records, sorted.
func (r *Router) JobKinds() []string {
	return r.kinds.list(func(k *kind) bool { _, ok := k.handle.(*Handle[Job, []Output]); return ok })
}

// CallableKinds lists the registered kinds that have a Codec, sorted: those that Call takes and
// that other machines can send.
func (r *Router) CallableKinds() []string {
	return r.kinds.list(func(k *kind) bool { c, ok := k.handle.(caller); return ok && c.callable() })
}

func (t *kindTable) list(wanted func(*kind) bool) []string {
	var names []string
	for name, k := range *t.byName.Load() {
		if wanted(k) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func checkKindName(name string) error {
	if len(name) == 0 || len(name) > maxKindBytes || !utf8.ValidString(name) {
		return &HintError{"Kind", fmt.Sprintf("has %d bytes: give a UTF-8 name of 1 to %d bytes", len(name), maxKindBytes)}
	}
	for _, c := range name {
		if !unicode.IsPrint(c) {
			return &HintError{"Kind", fmt.Sprintf("%q has a character that cannot be printed: leave it out", name)}
		}
	}
	return nil
}
