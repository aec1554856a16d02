// What the configuration's fields mean to people. The daemon knows their names, their
// rules and their faults; a field that is not listed here is shown under "More".

const NAMES = {
  policy: ["adaptive", "threshold"],
  autoscale: ["off", "advise", "apply"],
  learner: ["off", "shadow", "guarded", "frozen"],
};

// choices returns the values of a field that is a choice, or undefined.
export const choices = (field) => NAMES[field];

export const GROUPS = [
  ["Who decides", {
    policy: ["Policy", "", "adaptive predicts and learns; threshold is the documented table"],
    learner: ["Learner", "", "off, shadow (watches), guarded (acts while it does better) or frozen"],
    autoscale: ["Autoscaler", "", "off, advise, or apply: moves how many jobs run at a time"],
  }],
  ["Where a job runs", {
    inline_threshold: ["Inline up to", "cost", "largest cost that runs on the caller's goroutine; below the next"],
    spawn_threshold: ["Spawn below", "cost", "cost from which a job needs a slot of the pool"],
    spawn_limit: ["Spawned at most", "jobs", "goroutines of spawned jobs; 1 to 1,048,576"],
    remote_limit: ["Away at most", "jobs", "on other machines, where there is a fleet; 0 sends none, up to 1,048,576"],
  }],
  ["Pool", {
    cpu_parallelism: ["Slots", "jobs", "the most that run at a time; 1 to 4,096"],
    cpu_queue_cap: ["Queue", "jobs", "the most that wait; at least as many as slots"],
    backpressure_busy_threshold: ["Busy from", "slots", "threshold policy: sheds or batches from here"],
  }],
  ["Batches", {
    batch_max_size: ["Size at most", "jobs", "jobs in one batch; 1 to 4,096"],
    batch_max_delay_ms: ["Yields for", "ms", "how long a forming batch lets queued work go first; 1 to 60,000"],
  }],
  ["Adaptive spawn threshold", {
    cpu_p95_budget_ms: ["p95 budget", "ms", "the threshold falls back while the pool's p95 is below"],
    adaptive_p95_threshold_factor: ["Rises above", "× budget", "the p95 from which the threshold rises; up to 1,000"],
    adaptive_step: ["Step", "share", "by which it rises in one tick; above 0, up to 1"],
  }],
  ["Tenants", {
    tenant_floor: ["Floor", "share", "of an even part of the cores, which each tenant is guaranteed; 0 to 1"],
  }],
  ["Measuring", {
    ema_alpha: ["Newest sample", "weight", "in the latency averages; above 0, up to 1"],
    metrics_legacy: ["Old metric names", "", "export the original's names beside the new ones"],
  }],
];

// grouped returns [title, {field: [label, unit, help]}] for what the daemon has.
export function grouped(fields) {
  const known = new Set();
  const groups = GROUPS.map(([title, members]) => {
    const present = Object.entries(members).filter(([name]) => name in fields);
    for (const [name] of present) known.add(name);
    return [title, Object.fromEntries(present)];
  });
  const rest = Object.keys(fields).filter((name) => !known.has(name));
  if (rest.length) groups.push(["More", Object.fromEntries(rest.map((name) => [name, [words(name), "", ""]]))]);
  return groups.filter(([, members]) => Object.keys(members).length);
}

const words = (name) => name.replaceAll("_", " ").replace(/^./, (c) => c.toUpperCase());
