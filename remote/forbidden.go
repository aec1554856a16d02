package remote

import (
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix/internal/peer"
)

// forbidden leaves a peer alone that this node may not send to, and tells so those who wait for it.
func (c *Client) forbidden(subject string) {
	node, ok := strings.CutPrefix(subject, c.conn.subject("work")+".")
	if !ok && subject != c.conn.subject("work") {
		return
	}
	if !ok {
		node = "" // whoever takes it
	}
	why := fmt.Errorf("NATS forbids this node to publish to %s: %w", subject, nats.ErrPermissionViolation)
	young := c.now() - forbadeFor // what was sent earlier was taken, or this would have been said then
	c.breakOff(&unsentError{why}, func(a *attempt) bool { return a.node == node && a.began >= young })
	c.breakOff(why, func(a *attempt) bool { return a.node == node })
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if last, ok := c.forbade[node]; ok && now-last < forbadeFor {
		return
	}
	if len(c.forbade) >= peer.MaxPeers {
		clear(c.forbade) // the pauses of some are longer then
	}
	c.forbade[node] = now
	c.fleet.Trip(now, node, why.Error())
}

// forbadeFor is for how long what NATS says of a subject is taken for one refusal: it says so for each job that was sent, or
// on its way there, and each trip of a breaker doubles its pause, of which the first is as long.
const forbadeFor = time.Second
