package remote

import (
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix/internal/peer"
)

// meetLocked ends what was sent to a worker in a session that is over, unless it still has it. It returns the jobs of this
// client that the worker has and nobody waits for: their callers left while it could not be told.
func (c *Client) meetLocked(node string, h nats.Header) (unwanted []string) {
	session := h.Get(headerSession)
	if session == "" || c.sessions[node] == session {
		return nil
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
		if a.node != node {
			continue
		}
		switch has := held[a.number]; {
		case a.session == session:
		case a.session == "" || has:
			a.session = session
		default:
			a.cancel(errForgotten)
		}
		delete(held, a.number)
	}
	for number := range held {
		if strings.HasPrefix(number, c.sender) {
			unwanted = append(unwanted, number)
		}
	}
	return unwanted
}
