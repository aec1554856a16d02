package httpapi

import "github.com/helixrouter/helix"

// tenantAnswer is one tenant of GET /api/stats; see helix.TenantStats.
type tenantAnswer struct {
	Tenant      string  `json:"tenant"` // "" for all beyond those that are told apart
	DemandCores float64 `json:"demand_cores"`
	FloorCores  float64 `json:"floor_cores"`
	OverShare   bool    `json:"over_share"`
	Served      float64 `json:"served_core_seconds"`
	Refused     uint64  `json:"refused"`
}

func tenantAnswers(tenants []helix.TenantStats) []tenantAnswer {
	rows := make([]tenantAnswer, len(tenants))
	for i, t := range tenants {
		rows[i] = tenantAnswer{t.Tenant, t.Demand, t.Floor, t.Over, t.Served.Seconds(), t.Refused}
	}
	return rows
}
