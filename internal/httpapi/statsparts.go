package httpapi

import "github.com/helixrouter/helix"

// The parts of statsAnswer that the original did not have.

type ledgerAnswer struct {
	Done      uint64 `json:"done"`
	Failed    uint64 `json:"failed"`
	Panicked  uint64 `json:"panicked"`
	Canceled  uint64 `json:"canceled"`
	Expired   uint64 `json:"expired"`
	Shed      uint64 `json:"shed"`
	InFlight  uint64 `json:"in_flight"`
	Imbalance int64  `json:"imbalance"`
}

func ledgerAnswerOf(l helix.Ledger) ledgerAnswer {
	return ledgerAnswer{
		Done: l.Done, Failed: l.Failed, Panicked: l.Panicked, Canceled: l.Canceled,
		Expired: l.Expired, Shed: l.Shed, InFlight: l.InFlight, Imbalance: l.Imbalance,
	}
}

func byReason(sheds map[helix.Reason]uint64) map[string]uint64 {
	named := make(map[string]uint64, len(sheds))
	for reason, n := range sheds {
		named[reason.String()] = n
	}
	return named
}

// poolAnswer is helix.PoolStats under its names on the wire.
type poolAnswer struct {
	Width     int `json:"width"`
	Effective int `json:"effective"`
	Busy      int `json:"busy"`
	Queued    int `json:"queued"`
	QueueCap  int `json:"queue_cap"`
}

type batchesAnswer struct {
	Count uint64       `json:"count"`
	Jobs  uint64       `json:"jobs"`
	Sizes []sizeAnswer `json:"sizes"`
}

// sizeAnswer is helix.SizeCount under its names on the wire.
type sizeAnswer struct {
	UpTo  int    `json:"up_to"`
	Count uint64 `json:"count"`
}

func batchesAnswerOf(b helix.BatchStats) batchesAnswer {
	sizes := make([]sizeAnswer, 0, len(b.Sizes))
	for _, s := range b.Sizes {
		sizes = append(sizes, sizeAnswer(s))
	}
	return batchesAnswer{Count: b.Count, Jobs: b.Jobs, Sizes: sizes}
}

type abandonedAnswer struct {
	Kind           string         `json:"kind"`
	Strategy       helix.Strategy `json:"strategy"`
	RunningSeconds float64        `json:"running_seconds"`
}

func abandonedAnswers(jobs []helix.AbandonedJob) []abandonedAnswer {
	answers := make([]abandonedAnswer, 0, len(jobs))
	for _, j := range jobs {
		answers = append(answers, abandonedAnswer{j.Kind, j.Strategy, j.Running.Seconds()})
	}
	return answers
}

type pressureAnswer struct {
	Score   float64        `json:"score"`
	Ruling  string         `json:"ruling"`
	Signals []signalAnswer `json:"signals"`
}

// signalAnswer is helix.PressureSignal under its names on the wire.
type signalAnswer struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Weight float64 `json:"weight"`
}

func pressureAnswerOf(p helix.PressureStats) pressureAnswer {
	signals := make([]signalAnswer, 0, len(p.Signals))
	for _, s := range p.Signals {
		signals = append(signals, signalAnswer(s))
	}
	return pressureAnswer{Score: p.Score, Ruling: p.Ruling, Signals: signals}
}

type kindAnswer struct {
	Kind     string            `json:"kind"`
	Strategy helix.Strategy    `json:"strategy"`
	Outcomes map[string]uint64 `json:"outcomes"`
	Wait     helix.Histogram   `json:"wait"`
	Run      helix.Histogram   `json:"run"`
	Sojourn  helix.Histogram   `json:"sojourn"`
}

func kindAnswers(rows []helix.KindStats) []kindAnswer {
	answers := make([]kindAnswer, 0, len(rows))
	for _, row := range rows {
		outcomes := make(map[string]uint64, len(row.Outcomes))
		for d, n := range row.Outcomes {
			outcomes[d.String()] = n
		}
		answers = append(answers, kindAnswer{row.Kind, row.Strategy, outcomes, row.Wait, row.Run, row.Sojourn})
	}
	return answers
}
