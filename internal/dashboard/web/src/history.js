// The samples of /api/history as rows, and columns of them for the charts. Rows are
// what survives a strategy or a kind that appears in the middle.

// SAMPLES bounds what is kept, to what the daemon keeps.
export const SAMPLES = 300;

const PLAIN = [
  "time", "offered", "admitted", "goodput", "shed", "expired", "failed", "pressure", "ruling",
  "width", "busy", "queued", "queue_wait_p99", "batches", "learner_regret",
];

// rowsOf turns one answer into rows.
export function rowsOf(answer) {
  return (answer.time ?? []).map((_, i) => {
    const row = { strategies: {}, kinds: {}, heat: answer.heat?.counts?.[i] ?? [] };
    for (const name of PLAIN) row[name] = answer[name]?.[i] ?? null;
    for (const group of ["strategies", "kinds"]) {
      for (const [name, columns] of Object.entries(answer[group] ?? {})) {
        row[group][name] = {
          rate: columns.rate?.[i] ?? 0,
          p50: columns.p50?.[i] ?? null,
          p95: columns.p95?.[i] ?? null,
          p99: columns.p99?.[i] ?? null,
        };
      }
    }
    return row;
  });
}

// extended appends rows that are newer than those there are.
export function extended(rows, more) {
  const last = rows.at(-1)?.time ?? -Infinity;
  const fresh = more.filter((row) => row.time > last);
  return fresh.length ? [...rows, ...fresh].slice(-SAMPLES) : rows;
}

// column returns one plain column.
export const column = (rows, name) => rows.map((row) => row[name]);

// nested returns the column of one quantile of one strategy or kind.
export const nested = (rows, group, name, what) => rows.map((row) => row[group][name]?.[what] ?? null);

// shareAway is the part of the jobs that ran in some rows and did so on another machine, or null.
export function shareAway(rows) {
  let all = 0;
  let away = 0;
  for (const row of rows) {
    for (const [name, sample] of Object.entries(row.strategies)) {
      all += sample.rate;
      if (name === "remote") away += sample.rate;
    }
  }
  return all > 0 ? away / all : null;
}

// namesIn lists the strategies or kinds that ran in any of the rows, in order.
export function namesIn(rows, group, order = []) {
  const seen = new Set();
  for (const row of rows) {
    for (const [name, sample] of Object.entries(row[group])) {
      if (sample.rate > 0 || sample.p50 !== null) seen.add(name);
    }
  }
  const rank = (name) => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...seen].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

// lastOf returns the newest sample in which something ran, or null.
export function lastOf(rows, group, name) {
  for (let i = rows.length - 1; i >= 0; i--) {
    const sample = rows[i][group][name];
    if (sample && sample.p50 !== null) return { ...sample, time: rows[i].time };
  }
  return null;
}

// slowest returns the strategy with the largest p99 of one sample, as [name, seconds].
export function slowest(row) {
  let worst = null;
  for (const [name, sample] of Object.entries(row?.strategies ?? {})) {
    if (sample.p99 !== null && (!worst || sample.p99 > worst[1])) worst = [name, sample.p99];
  }
  return worst;
}
