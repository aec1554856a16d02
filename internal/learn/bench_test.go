package learn_test

import (
	"testing"

	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/route"
)

func acting(b *testing.B) (*world, learn.Weights) {
	w := hidden(1)
	w.run(0, 10_000)
	p := w.learner.Publish()
	if !p.Acts(1) {
		b.Fatal("does not act")
	}
	b.ReportAllocs()
	return w, p
}

var (
	sinkLoss float32
	sinkArm  route.Strategy
)

func BenchmarkResidual(b *testing.B) {
	w, p := acting(b)
	s := w.draw()
	for b.Loop() {
		sinkLoss = p.Residual(route.Spawn, 1, &s.X)
	}
}

func BenchmarkChoose(b *testing.B) {
	w, p := acting(b)
	s, u := w.draw(), float32(0)
	for b.Loop() {
		if u += 0.0137; u >= 1 {
			u--
		}
		sinkArm, sinkLoss = p.Choose(s.Allowed, &s.Predicted, u)
	}
}

func BenchmarkObserve(b *testing.B) {
	w, _ := acting(b)
	var ring [1024]learn.Sample
	for i := range ring {
		_, _, ring[i] = w.step(10_000 + i)
	}
	i := 0
	for b.Loop() {
		w.learner.Observe(&ring[i%len(ring)])
		i++
	}
}

func BenchmarkPublish(b *testing.B) {
	w, _ := acting(b)
	for b.Loop() {
		w.weights = w.learner.Publish()
	}
}
