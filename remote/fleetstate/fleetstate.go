package fleetstate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/helixrouter/helix"
)

const (
	// DefaultBucket is the bucket's name where none is given.
	DefaultBucket = "helix_fleet"

	keyConfig  = "config"
	keyWeights = "weights"

	// publishEvery is how often a node offers its weights: a fleet learns over hours, and a node
	// that comes fresh does well with those of a minute ago.
	publishEvery = time.Minute
	// retryAfter is how long a node does without the bucket before it tries again.
	retryAfter = 2 * time.Second
	// askWithin bounds a call of the bucket.
	askWithin = 2 * time.Second
	// maxValue bounds a value: a snapshot of 256 kinds has some 100 KB.
	maxValue = 1 << 20
)

// Options say what is shared. With neither Config nor Weights nothing is.
type Options struct {
	Bucket  string        // default DefaultBucket
	Config  bool          // follow the fleet's configuration
	Weights bool          // offer what is learned, and begin with what others have learned
	Every   time.Duration // how often weights are offered; default a minute
	Log     *slog.Logger  // default: nowhere
}

// Sharer keeps one router in step with its fleet. Safe for concurrent use.
type Sharer struct {
	nc      *nats.Conn
	router  *helix.Router
	options Options

	taken uint64 // revision of the configuration that was looked at last; of the goroutine

	quit  context.CancelFunc
	ended chan struct{} // closed when the goroutine has ended

	mu    sync.Mutex
	fault string // why the fleet's last configuration was refused; "" = it was not; guarded by mu
	gone  string // why there is no bucket; "" = there is; guarded by mu
}

// Share begins to follow the bucket, which is made where the server has JetStream. It never fails because
// there is none: it comes back to it every 2 s.
func Share(nc *nats.Conn, r *helix.Router, o Options) *Sharer {
	if o.Bucket == "" {
		o.Bucket = DefaultBucket
	}
	if o.Every <= 0 {
		o.Every = publishEvery
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, quit := context.WithCancel(context.Background())
	s := &Sharer{nc: nc, router: r, options: o, quit: quit, ended: make(chan struct{})}
	go s.run(ctx)
	return s
}

// Close offers the weights once more, if there is a bucket, and ends.
func (s *Sharer) Close() {
	s.quit()
	<-s.ended
}

// Notes say what is wrong, for an operator; none where all is well.
func (s *Sharer) Notes() (notes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != "" {
		notes = append(notes, "the fleet's configuration was refused and the last good one stays: "+s.fault)
	}
	if s.gone != "" {
		notes = append(notes, "the fleet's bucket cannot be reached, and this node goes on alone: "+s.gone)
	}
	return notes
}

func (s *Sharer) run(ctx context.Context) {
	defer close(s.ended)
	for ctx.Err() == nil {
		err := s.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		s.setGone(err)
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
		}
	}
}

func (s *Sharer) setGone(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	s.mu.Lock()
	was := s.gone
	s.gone = text
	s.mu.Unlock()
	switch {
	case text != "" && was == "":
		s.options.Log.Warn("the fleet's bucket is gone: this node goes on alone and keeps trying", slog.Any("error", err))
	case text == "" && was != "":
		s.options.Log.Info("the fleet's bucket is back")
	}
}

// follow is one time with the bucket, until it is gone.
func (s *Sharer) follow(ctx context.Context) error {
	kv, err := open(ctx, s.nc, s.options.Bucket)
	if err != nil {
		return err
	}
	var updates <-chan jetstream.KeyValueEntry
	if s.options.Config {
		watcher, err := kv.Watch(ctx, keyConfig)
		if err != nil {
			return fmt.Errorf("watching the configuration: %w", err)
		}
		defer func() { _ = watcher.Stop() }()
		updates = watcher.Updates()
	}
	if s.options.Weights {
		if err := s.begin(ctx, kv); err != nil {
			return err
		}
	}
	s.setGone(nil)
	return s.keep(ctx, kv, updates)
}

func (s *Sharer) keep(ctx context.Context, kv jetstream.KeyValue, updates <-chan jetstream.KeyValueEntry) error {
	ticker := time.NewTicker(s.options.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), askWithin)
			defer cancel()
			return s.offer(last, kv)
		case entry, ok := <-updates:
			if !ok {
				return errors.New("the watch of the configuration has ended")
			}
			if entry != nil { // nil: all that there was has come
				s.apply(entry)
			}
		case <-ticker.C:
			if err := s.offer(ctx, kv); err != nil {
				return err
			}
		}
	}
}

// apply takes over the fleet's configuration, if this node finds it valid: a JSON object as in a
// configuration file, whose absent fields have their defaults.
func (s *Sharer) apply(entry jetstream.KeyValueEntry) {
	if entry.Operation() != jetstream.KeyValuePut || entry.Revision() == s.taken {
		return // deleted: what is live stays; or known, and what somebody has changed here since stays too
	}
	s.taken = entry.Revision()
	config, err := parseConfig(entry.Value())
	if err == nil {
		err = s.router.SetConfig(config)
	}
	s.mu.Lock()
	s.fault = ""
	if err != nil {
		s.fault = err.Error()
	}
	s.mu.Unlock()
	if err != nil {
		s.options.Log.Error("the fleet's configuration is invalid: the last good one stays; correct it and push it again", slog.Any("error", err))
		return
	}
	s.options.Log.Info("the fleet's configuration is live", slog.Uint64("revision", entry.Revision()))
}

func parseConfig(text []byte) (helix.Config, error) {
	patch, err := helix.ParseConfigPatch(text)
	if err != nil {
		return helix.Config{}, err
	}
	return patch.Apply(helix.DefaultConfig())
}

// begin takes over the fleet's weights where this node has learned nothing.
func (s *Sharer) begin(ctx context.Context, kv jetstream.KeyValue) error {
	if s.router.NeuralSnapshot().SampleCount > 0 {
		return nil
	}
	snapshot, _, err := stored(ctx, kv)
	if err != nil || snapshot.SampleCount == 0 {
		return err
	}
	if err := s.router.RestoreNeural(snapshot); err != nil {
		s.options.Log.Warn("the fleet's weights are of no use here: learning starts afresh", slog.Any("error", err))
		return nil
	}
	s.options.Log.Info("the fleet's weights taken over", slog.Uint64("samples", snapshot.SampleCount))
	return nil
}

// offer puts this node's weights into the bucket if they rest on more than those there. Of two nodes at once one wins.
func (s *Sharer) offer(ctx context.Context, kv jetstream.KeyValue) error {
	own := s.router.NeuralSnapshot()
	if !s.options.Weights || own.SampleCount == 0 {
		return nil
	}
	there, revision, err := stored(ctx, kv)
	if err != nil || there.SampleCount >= own.SampleCount {
		return err
	}
	text, err := json.Marshal(own)
	if err != nil || len(text) > maxValue {
		s.options.Log.Warn("the weights cannot be shared: they do not fit into a value", slog.Any("error", err))
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	if _, err = kv.Update(ctx, keyWeights, text, revision); err == nil || errors.Is(err, jetstream.ErrKeyExists) {
		return nil
	}
	return fmt.Errorf("offering weights: %w", err)
}

// stored reads the weights in the bucket; none, or some that cannot be read, are the zero snapshot.
func stored(ctx context.Context, kv jetstream.KeyValue) (s helix.NeuralSnapshot, revision uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	entry, err := kv.Get(ctx, keyWeights)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return s, 0, nil
	case err != nil:
		return s, 0, fmt.Errorf("reading weights: %w", err)
	}
	if json.Unmarshal(entry.Value(), &s) != nil {
		s = helix.NeuralSnapshot{}
	}
	return s, entry.Revision(), nil
}

// open finds the bucket, or makes it.
func open(ctx context.Context, nc *nats.Conn, bucket string) (jetstream.KeyValue, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	kv, err := js.KeyValue(ctx, bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: bucket, Description: "what the nodes of a Helix fleet share", History: 5, MaxValueSize: maxValue, MaxBytes: 16 * maxValue,
		})
		if errors.Is(err, jetstream.ErrBucketExists) { // another node was first
			kv, err = js.KeyValue(ctx, bucket)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w (the server needs JetStream: give it a store)", bucket, err)
	}
	return kv, nil
}

// PushConfig makes a configuration the fleet's, after checking it: a JSON object as in a configuration file. Every
// node that follows takes it over, if it finds it valid itself. It returns the revision.
func PushConfig(ctx context.Context, nc *nats.Conn, bucket string, text []byte) (revision uint64, err error) {
	if _, err := parseConfig(text); err != nil {
		return 0, err
	}
	if bucket == "" {
		bucket = DefaultBucket
	}
	kv, err := open(ctx, nc, bucket)
	if err != nil {
		return 0, err
	}
	return kv.Put(ctx, keyConfig, text)
}
