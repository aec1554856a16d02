package httpapi

import (
	"net/http"

	"github.com/helixrouter/helix"
)

// neural answers what the learner knows, in the form of the weights file: what is
// saved from here can be loaded.
func (a *API) neural(w http.ResponseWriter, _ *http.Request) error {
	return send(w, http.StatusOK, a.router.NeuralSnapshot())
}

// autoscalerAnswer is GET /api/autoscaler.
type autoscalerAnswer struct {
	Mode           string  `json:"mode"`
	Width          int     `json:"width"`
	Ceiling        int     `json:"ceiling"`
	Direction      string  `json:"direction"`
	Parallelism    int     `json:"parallelism"`
	QueueCap       int     `json:"queue_cap"`
	PredictedRate  float64 `json:"predicted_rate"`
	HorizonSeconds float64 `json:"horizon_seconds"`
	CoresNeeded    float64 `json:"cores_needed"`
	CoresPresent   float64 `json:"cores_present"`
	Reason         string  `json:"reason"`
	Advice         string  `json:"advice"`
}

func (a *API) autoscaler(w http.ResponseWriter, _ *http.Request) error {
	return send(w, http.StatusOK, autoscalerAnswerOf(a.router.Autoscale()))
}

func autoscalerAnswerOf(s helix.Autoscale) autoscalerAnswer {
	return autoscalerAnswer{
		Mode: s.Mode, Width: s.Width, Ceiling: s.Ceiling,
		Direction: s.Direction, Parallelism: s.Parallelism, QueueCap: s.QueueCap,
		PredictedRate: s.PredictedRate, HorizonSeconds: s.Horizon.Seconds(),
		CoresNeeded: s.CoresNeeded, CoresPresent: s.CoresPresent,
		Reason: s.Reason, Advice: s.Advice,
	}
}
