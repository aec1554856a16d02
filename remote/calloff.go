package remote

// mostOwed bounds the calls that wait for a connection: as many as a worker takes jobs by default. Jobs beyond it run on.
const mostOwed = defaultInFlight

// call is that nobody waits for a job any more.
type call struct{ node, number string }

// callOff tells the worker, now or when there is a connection again.
func (c *Client) callOff(node, number string) {
	if node == "" {
		return // nobody knows who has it; its deadline ends it
	}
	if err := c.conn.nc.Publish(c.conn.subject("cancel", node), []byte(number)); err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.owed) < mostOwed && !c.closed {
		c.owed = append(c.owed, call{node, number})
	}
}

// connected makes up for the calls that could not be sent. What fails again is owed again.
func (c *Client) connected() {
	c.mu.Lock()
	owed := c.owed
	c.owed = nil
	c.mu.Unlock()
	for _, o := range owed {
		c.callOff(o.node, o.number)
	}
}
