// Asks the daemon once a second, only while somebody looks, and says how that goes.
// After a failure it waits, longer each time; when the daemon is back everything is
// asked anew, since it may be another one.

import { batch } from "@preact/signals";
import { get, request } from "./api.js";
import { rowsOf, extended } from "./history.js";
import * as state from "./state.js";
import { followDecisions, stopDecisions } from "./feed.js";

const PERIOD_MS = 1000;
const SLOW_EVERY = 2; // periods between two looks at what changes slowly

// Waits before the next try, in ms: soon at first, as a restart takes a second or two.
const BACKOFF_MS = [1000, 2000, 3000, 5000, 10000];

let round = 0;
let failures = 0;
let timer = 0;
let asking = false;

// start begins, and from then on follows the visibility of the tab.
export function start() {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) pause();
    else retryNow();
  });
  if (!document.hidden) tick();
}

function pause() {
  clearTimeout(timer);
  stopDecisions();
  round = 0; // on return everything is asked at once
}

// retryNow does not wait for the next try.
export function retryNow() {
  clearTimeout(timer);
  tick();
}

async function tick() {
  if (asking) return;
  asking = true;
  const began = performance.now();
  try {
    await ask();
    failures = 0;
    round++;
    if (!document.hidden) timer = setTimeout(tick, Math.max(100, PERIOD_MS - (performance.now() - began)));
  } catch (error) {
    fail(error);
  } finally {
    asking = false;
  }
}

async function ask() {
  if (failures) await get("livez"); // one question to a server that may be gone, not six
  const fresh = round === 0;
  const slow = fresh || round % SLOW_EVERY === 0;
  const after = fresh ? undefined : state.latest.value?.time;
  const [history, stats, neural, autoscaler, fleet, config] = await Promise.all([
    get(after === undefined ? "api/history" : `api/history?after=${after}`),
    slow ? get("api/stats") : null,
    slow ? get("api/neural") : null,
    slow ? get("api/autoscaler") : null,
    slow ? get("api/fleet") : null,
    slow ? request("api/config") : null,
  ]);
  batch(() => {
    state.rows.value = fresh ? rowsOf(history) : extended(state.rows.value, rowsOf(history));
    if (history.heat?.bounds?.length) state.heatBounds.value = history.heat.bounds;
    if (slow) {
      state.stats.value = stats;
      state.neural.value = neural;
      state.autoscaler.value = autoscaler;
      state.fleet.value = fleet;
      if (state.config.value?.etag !== config.etag) state.config.value = { fields: config.body, etag: config.etag };
    }
    if (state.connection.value.phase !== "live") state.connection.value = { phase: "live" };
  });
  if (!document.hidden) followDecisions(state.latest.value?.offered ?? 0, fresh);
}

function fail(error) {
  stopDecisions();
  round = 0;
  const wait = BACKOFF_MS[Math.min(failures++, BACKOFF_MS.length - 1)];
  state.connection.value = {
    phase: "reconnecting",
    retryAt: Date.now() + wait,
    since: state.connection.value.since ?? Date.now(),
    reason: error.status ? error.message : "no answer",
  };
  if (!document.hidden) timer = setTimeout(tick, wait);
}
