// Package bound owns the clairvoyant bound: how many jobs of a known stream could
// at most finish inside their budgets on given cores, by whatever router. It is
// arithmetic on jobs whose true sizes are known; it must never know a policy, or
// be told what a run achieved.
//
// # The bound
//
// Sort the n jobs that could finish at all by their work p, and let P(k) be the k
// shortest. Let F(k) be the most core time that the cores could give to jobs of P(k)
// inside their windows, from release to due, when work can be cut at will, between jobs
// and between cores: the core time of the windows in which P(k) has a backlog.
// Fill core time in shortest first, in fractions of jobs, so that no prefix gets
// more than its F. The filled fractions, added up, are the bound.
//
// # Why no schedule beats it
//
// Let A be the jobs that some schedule finishes in time. A job of A got all of its p
// inside its window, so for each k the jobs of A in P(k) got
//
//	X(k) = sum of p over A and P(k)  <=  F(k),
//
// because what the schedule did, on real cores, is one of the ways that F takes the
// best of. Let g(k) be what the fill gives to P(k), with limits F(k1), ..., F(km) for
// some k1 < ... < km = n. Then X(k) <= g(k) for all k, by induction over the groups between
// the limits: if X(a) <= g(a) at the limit before, then inside the group
//
//	X(k) <= min(X(a) + p(a+1) + ... + p(k), X(b))
//	     <= min(g(a) + p(a+1) + ... + p(k), g(b)) = g(k),
//
// where b is the group's end; the equality is what filling shortest first means,
// and X(b) <= g(b) = min(g(a) + the group's work, F(b)) for the same reasons. Now
// count jobs: job k counts (X(k)-X(k-1))/p(k) in A, which is 1 or 0. Summed by parts,
//
//	|A| = X(n)/p(n) + sum over k < n of X(k) (1/p(k) - 1/p(k+1))
//
// and no coefficient is negative, as the p rise. Replacing X by the larger g gives the
// fill's count, so |A| is at most that. Any choice of the limits gives a bound; more
// of them give a lower one. With all n it is the exact maximum over fractional jobs.
//
// # Why the sweep finds F
//
// F(k) is what running the earliest due first yields. Take a best schedule that agrees
// with that one for as long as possible, and the first instant at which they differ:
// the sweep runs a piece of job a there, the best one a piece of job b, due no earlier, or
// nothing. If the best one runs that piece of a later, swap the two: a's comes earlier,
// and b's comes before a is due and so before b is. If it never does, let it run a's
// instead of b's. Neither loses work, and the schedules agree for longer.
package bound
