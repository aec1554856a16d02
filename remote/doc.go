// Package remote takes jobs to other machines over NATS, and runs there what others send: the
// strategy remote. It owns the wire: subjects, headers, connections, heartbeats, second attempts. It must
// never decide whether a job leaves, which is the router's policy, nor what a peer is worth, which
// is package peer's.
//
//	conn, err := remote.Dial(remote.Options{URL: "nats://10.0.0.7:4222", Credentials: "helix.creds"})
//	client, err := remote.NewClient(conn, remote.ClientOptions{})
//	r, err := helix.New(helix.DefaultConfig(), helix.WithTransport(client)) // sends
//	worker, err := remote.NewWorker(conn, r, remote.WorkerOptions{})        // takes
//
// # The way of a job
//
// The router asks Client.Quote what the better of two peers would make of a job, and its policy
// weighs the answer against running it here. Client.Carry sends it to the subject of that peer with its
// absolute deadline, tenant, class and trace in headers, and the worker there gives it to its own
// router, which admits, sheds and explains it like any other. Each answer says how loaded the worker is, so
// that no probes are needed; where nothing is sent, a heartbeat does it five times a second.
//
// # What a job can rely on
//
// A job is sent at most once, unless its kind is idempotent: then a second peer may be tried when the
// first gives no answer (a retry) or is long in giving one (a hedge), both out of one budget of a tenth of what
// was accepted, and none while the peers are scarce. A job without a result that may run again is decided
// again by the router it came from, as if it were new. An answer that does not come in the job's time ends
// the wait at its deadline. A peer that has said nothing for 2 s is taken for gone, whatever it was sent. One that was
// started anew, or whose connection broke, says which jobs it still has, and the others are taken for lost.
//
// Deadlines are absolute times: the clocks of the machines must agree to well below the budgets, as NTP's do.
//
// # Subjects
//
//	PREFIX.work.NODE     jobs for one worker, with a reply
//	PREFIX.work          jobs for any worker: the queue group PREFIX.work
//	PREFIX.cancel.NODE   the number of a job whose caller is gone
//	PREFIX.load.NODE     heartbeats
//
// A router needs to publish to work and cancel and to subscribe to load and _INBOX; a worker the reverse.
package remote
