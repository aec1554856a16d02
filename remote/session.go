package remote

import (
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix/internal/peer"
)

// meetLocked ends what was sent to a worker in a session that is over, unless it still has it.
func (c *Client) meetLocked(node string, h nats.Header) {
	session := h.Get(headerSession)
	if session == "" || c.sessions[node] == session {
		return
	}
	if len(c.sessions) >= peer.MaxPeers {
		clear(c.sessions) // each is learned again within a heartbeat
	}
	c.sessions[node] = session
	held := map[string]bool{}
	for number := range strings.FieldsSeq(h.Get(headerHeld)) {
		held[number] = true
	}
	for a := range c.attempts {
		switch {
		case a.node != node || a.session == session:
		case a.session == "" || held[a.number]:
			a.session = session
		default:
			a.cancel(errForgotten)
		}
	}
}
