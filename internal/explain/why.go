package explain

import (
	"fmt"

	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// why is the rule that decided, with its numbers.
func why(a *policy.Account) string {
	switch a.Rule {
	case policy.RuleTable:
		return row(a)
	case policy.RuleUnknown:
		if a.Reason == route.ReasonUnknown {
			return "nothing is known of its kind yet and " + lanes(a)
		}
		return "nothing is known of its kind yet and " + row(a)
	case policy.RulePressure:
		return "injected pressure of 1 closes the door"
	case policy.RuleInlineCap:
		return short(a)
	case policy.RuleInfeasible:
		return infeasible(a)
	case policy.RuleDoor:
		return scarce(a)
	case policy.RuleProbe:
		return "it keeps the prediction of its kind true while others of the kind are refused"
	case policy.RuleFloor:
		return "its class or tenant has had less than its floor while " + before(a)
	case policy.RuleLanesFree:
		return lanes(a) + " and " + free(a)
	case policy.RuleLanesTaken:
		return taken(a)
	case policy.RulePeer:
		return peer(a)
	case policy.RuleRouter:
		return bound(a)
	}
	return a.Reason.Explanation()
}

// peer is why a job left: what another machine makes of it beside what this one would.
func peer(a *policy.Account) string {
	here, away := &a.Arms[route.CPUPool], &a.Arms[route.Remote]
	text := fmt.Sprintf("%s here, where it would be done after %s", lanes(a), finish(here))
	if a.Budget > 0 {
		text += fmt.Sprintf(" (miss %s)", percent(here.Miss))
	}
	return text + fmt.Sprintf(", and a peer's report of %s ago promises %s, the way included", duration(a.PeerAge), finish(away))
}

// finish is when an arm would be done.
func finish(arm *policy.Arm) string {
	if arm.Wait >= never {
		return "a wait without end"
	}
	return duration(arm.Finish())
}

// free is why a job went where it went while cores were free.
func free(a *policy.Account) string {
	switch a.Reason {
	case route.ReasonFits:
		return "it is predicted to be done in time"
	case route.ReasonLearned:
		return fmt.Sprintf("jobs like it were faster there than by %s, where the table would run it (learned %+.3f against %+.3f of loss)",
			other(a.Strategy), a.Learned[a.Strategy], a.Learned[other(a.Strategy)])
	case route.ReasonExplored:
		return fmt.Sprintf("it shows whether jobs like it are faster there than by %s (one in %.0f is tried)",
			other(a.Strategy), 1/max(a.Propensity, 1e-4))
	}
	return row(a)
}

// other is the arm that the learner weighs one against.
func other(s route.Strategy) route.Strategy {
	if s == route.Spawn {
		return route.CPUPool
	}
	return route.Spawn
}

func lanes(a *policy.Account) string {
	switch taken := a.Busy + a.Spawned; {
	case taken == 0:
		return "every lane is free"
	case taken < a.Lanes:
		return fmt.Sprintf("only %d of %d lanes are taken", taken, a.Lanes)
	default:
		return fmt.Sprintf("%d of %d lanes are taken", taken, a.Lanes)
	}
}

func taken(a *policy.Account) string {
	text := lanes(a)
	if a.Queued > 0 {
		text += fmt.Sprintf(" and %s", count(a.Queued, "job waits", "jobs wait"))
	}
	switch {
	case a.Reason == route.ReasonAmortises:
		text += ", " + row(a)
	case a.Strategy == route.Batch && a.Reason == route.ReasonLearned:
		text += fmt.Sprintf(", and batches of its kind save %s of its core time", percent(a.Gain))
	}
	return text
}

func short(a *policy.Account) string {
	if a.Proven {
		return fmt.Sprintf("jobs like it are proven to be short, p99 %s of at most %s in %s", duration(a.High), duration(policy.InlineCap), runs(a.Samples))
	}
	return fmt.Sprintf("its declared cost of %d is at most inline_threshold %d and jobs like it take %s on average",
		a.Cost, a.InlineThreshold, duration(a.Service))
}

func infeasible(a *policy.Account) string {
	slot := &a.Arms[route.CPUPool]
	return fmt.Sprintf("it is predicted to run for %s (from %s) and to be done after %s, beyond its %s budget (miss %s)",
		duration(slot.Run), runs(a.Samples), finish(slot), duration(a.Budget), percent(slot.Miss))
}

func scarce(a *policy.Account) string {
	slot := &a.Arms[route.CPUPool]
	turn := fmt.Sprintf("its turn would come after %s, too late to run %s", duration(slot.Wait), duration(slot.Run))
	if slot.Wait >= never {
		turn = "its turn would not come"
	}
	text := fmt.Sprintf("%s, so that %s in its %s budget (miss %s)", before(a), turn, duration(a.Budget), percent(slot.Miss))
	if a.Reason == route.ReasonOverShare {
		text += ", and its tenant asks for more than an even part of the cores"
	}
	return text
}

func before(a *policy.Account) string {
	return fmt.Sprintf("what comes before it, by class and size, asks for %s of %s cores and has %s of work waiting",
		number(a.Before), number(a.Cores), duration(a.Backlog))
}

// bound is why the router overruled the policy.
func bound(a *policy.Account) string {
	switch a.Reason {
	case route.ReasonNested:
		if a.Strategy == route.Inline {
			return "it was submitted from inside another job, which lends it its slot"
		}
		return "it was submitted from inside another job and a slot was free beside that one"
	case route.ReasonQueueFull:
		return fmt.Sprintf("no slot is free (%d taken) and cpu_queue_cap jobs wait already (%d)", a.Busy, a.Queued)
	case route.ReasonSpawnFull:
		return fmt.Sprintf("spawn_limit jobs run already (%d), so the pool bounds it", a.Spawned)
	}
	return a.Reason.Explanation()
}
