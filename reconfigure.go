package helix

import (
	"log/slog"
	"reflect"

	"github.com/helixrouter/helix/route"
)

// Config returns the live configuration.
func (r *Router) Config() Config { return r.view.Load().config }

// SetConfig replaces the configuration, for jobs that come from now on and for
// the queues and slots that exist. A *ConfigError leaves everything as it was.
func (r *Router) SetConfig(c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	r.mu.Lock()
	old := r.setConfigLocked(c)
	r.mu.Unlock()
	r.logConfig(old, c)
	return nil
}

// PatchConfig applies a merge patch to the live configuration and returns the
// result. A *ConfigError leaves everything as it was.
func (r *Router) PatchConfig(p ConfigPatch) (Config, error) {
	old, next, err := r.patchConfig(p)
	if err != nil {
		return Config{}, err
	}
	r.logConfig(old, next)
	return next, nil
}

func (r *Router) patchConfig(p ConfigPatch) (old, next Config, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if next, err = p.Apply(r.Config()); err != nil {
		return Config{}, Config{}, err
	}
	return r.setConfigLocked(next), next, nil
}

// ReplaceConfig replaces the configuration if it is still old, and reports
// whether it did: a change that was made from what someone has read.
func (r *Router) ReplaceConfig(old, next Config) (bool, error) {
	if err := next.Validate(); err != nil {
		return false, err
	}
	r.mu.Lock()
	if r.Config() != old {
		r.mu.Unlock()
		return false, nil
	}
	r.setConfigLocked(next)
	r.mu.Unlock()
	r.logConfig(old, next)
	return true, nil
}

// setConfigLocked returns what it replaced.
func (r *Router) setConfigLocked(c Config) (old Config) {
	old = r.Config()
	if c == old {
		return old
	}
	if c.SpawnThreshold != old.SpawnThreshold { // a new base starts anew
		r.adaptive = adaptiveThreshold{value: c.SpawnThreshold, judged: *r.recorder.Sojourns(route.CPUPool)}
	}
	r.recorder.SetAlpha(c.EMAAlpha)
	r.brain.SetMode(learnerMode(c))
	r.limitLocked(r.exec.Now(), c)
	r.publishLocked(func(v *view) {
		v.config, v.policy = c, r.policy(c)
		r.thinkLocked(r.exec.Now(), v) // a policy that learns goes on with what is known
	})
	return old
}

// logConfig says which fields changed, from what to what. It runs without a
// lock: a log handler is somebody else's code.
func (r *Router) logConfig(old, c Config) {
	var changes []any
	was, is := reflect.ValueOf(old), reflect.ValueOf(c)
	for i, name := range ConfigFields() {
		if from, to := was.Field(i).Interface(), is.Field(i).Interface(); from != to {
			changes = append(changes, slog.Group(name, slog.Any("from", from), slog.Any("to", to)))
		}
	}
	if len(changes) > 0 {
		r.log.Info("configuration changed", changes...)
	}
}

// publishLocked replaces the view by a changed copy.
func (r *Router) publishLocked(change func(*view)) {
	next := *r.view.Load()
	change(&next)
	next.signals.SpawnThreshold = r.adaptive.value
	r.view.Store(&next)
}
