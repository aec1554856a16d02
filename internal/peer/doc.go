// Package peer owns what is known of other machines and the choice between them: the reports
// of their load as they age, how fast each runs each kind, by how much they take longer than
// they let expect, which of them to leave alone for a while, and how many second attempts there
// may be. It must never send anything, read a clock or draw a number: time and chance are
// arguments, so that a simulator of a thousand machines and the live client decide by the same code.
//
// What cannot be known is where most of the error lies: a report is old when it arrives, other
// senders read the same one, and a peer may say what is not true. Hence two random choices, drawn by what each
// peer can do, and not the best of all, which every sender would flood at once (Mitzenmacher, The Power of Two Choices in
// Randomized Load Balancing, 2001; How Useful Is Old Information?, 2000), waits that drain and a spread that grows with the
// report's age, a guess at what others send, and a doubt that is learned from what was promised and what
// came. The constants were chosen in internal/fleetsim; bench/results/fleet.md has the table.
package peer
