// The decisions, newest first, and the explanation of the one that was chosen.
//
// At a pace that people can follow they come by the event stream. Above that the
// daemon's ring, which keeps the last 1024, turns over faster than anybody can
// click, so the page takes a few of each sort once a second, with their explanations.

import { signal, computed } from "@preact/signals";
import { get, Problem } from "./api.js";

const SHOWN = 100; // rows; nobody scrolls further back in something that moves
const KEPT = 1024; // decisions that the daemon can still explain
const FLUSH_MS = 250; // how often rows are drawn

// Jobs a second from which a sample is shown, and below which the stream comes back. At 250
// the ring holds four seconds. The gap between them keeps it from flapping.
const SAMPLE_FROM = 250;
const STREAM_BELOW = 100;

const SNAPSHOT = 32; // decisions looked at in one sample
const PER_SORT = 2; // of one strategy and reason that a sample shows

export const decisions = signal([]);
export const sampled = signal(false);
export const lost = signal(0); // that the stream said it left out
export const held = signal(0); // that wait while the reader looks
export const holding = signal(false); // the reader's pointer or focus is in the list
export const paused = signal(false); // the reader pressed Pause
export const filter = signal({ strategy: "", kind: "" });
export const chosen = signal(null); // {seq, decision, phase: "loading" | "ready" | "gone" | "failed", explanation}

const still = computed(() => paused.value || holding.value);

let source = null; // the EventSource
let waiting = []; // arrived and not yet drawn, oldest first
let flushing = 0;
let restarting = 0; // counts restarts that have not ended: of two the later one counts
let newest = 0; // seq
const explanations = new Map(); // seq -> explanation, of what is shown

// explainable reports whether the daemon still keeps a decision, or the page does.
export const explainable = (seq) => explanations.has(seq) || newest - seq < KEPT;

// followDecisions is called after each answer of the daemon; fresh when it may be another one.
export async function followDecisions(offered, fresh) {
  if (fresh) await restart();
  if (restarting) return;
  const wanted = sampled.value ? offered > STREAM_BELOW : offered > SAMPLE_FROM;
  if (wanted !== sampled.value) sampled.value = wanted;
  if (wanted) {
    close();
    await sample();
  } else if (!source) {
    open();
  }
}

export function stopDecisions() {
  close();
  clearTimeout(flushing);
  flushing = 0;
}

// setFilter shows one strategy or kind only, from now on.
export function setFilter(change) {
  filter.value = { ...filter.value, ...change };
  restart().catch(() => {}); // a lost connection is poll.js's to tell
}

// release draws what was held.
export function release() {
  if (!still.value) flush();
}

async function restart() {
  restarting++;
  try {
    await reload();
  } finally {
    restarting--;
  }
}

async function reload() {
  close();
  waiting = [];
  held.value = 0;
  lost.value = 0;
  const filtered = filter.value.strategy || filter.value.kind;
  const recent = await get(`api/decisions?n=${filtered ? KEPT : SHOWN}`);
  newest = recent.at(-1)?.seq ?? 0;
  // A daemon that was restarted counts from 1 again.
  for (const seq of explanations.keys()) if (seq > newest) explanations.clear();
  decisions.value = recent.filter(matches).slice(-SHOWN).reverse();
  if (!sampled.value && restarting === 1) open();
}

const matches = (d) =>
  (!filter.value.strategy || d.strategy === filter.value.strategy) && (!filter.value.kind || d.kind === filter.value.kind);

function open() {
  close();
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter.value)) if (value) query.set(name, value);
  query.set("last_event_id", newest); // also 0: what is decided until the stream is open must not be missed
  source = new EventSource(`api/stream/decisions?${query}`);
  source.onmessage = (event) => receive(JSON.parse(event.data));
  source.addEventListener("lost", (event) => {
    lost.value += JSON.parse(event.data).lost;
  });
  // The browser would retry by itself, but the daemon may be gone: poll.js finds out
  // and opens a new one.
  source.onerror = close;
}

function close() {
  source?.close();
  source = null;
}

function receive(event) {
  if (event.seq <= newest) return;
  newest = event.seq;
  if (!matches(event)) return;
  waiting.push(event);
  if (waiting.length > SHOWN) waiting.splice(0, waiting.length - SHOWN);
  flushing ||= setTimeout(flush, FLUSH_MS);
}

function flush() {
  clearTimeout(flushing);
  flushing = 0;
  if (still.value) {
    held.value = waiting.length;
    return;
  }
  held.value = 0;
  if (!waiting.length) return;
  const more = waiting.reverse();
  waiting = [];
  show(more);
}

function show(more) {
  // At the pace at which a sample is shown, what came without its explanation is no
  // longer kept by the daemon: it goes, so that every row that is there can be asked.
  const rest = sampled.value ? decisions.value.filter((d) => explanations.has(d.seq)) : decisions.value;
  decisions.value = [...more, ...rest].slice(0, SHOWN);
  const shown = new Set(decisions.value.map((d) => d.seq));
  for (const seq of explanations.keys()) {
    if (!shown.has(seq) && seq !== chosen.value?.seq) explanations.delete(seq);
  }
}

// sample shows a few decisions of each sort, each with its explanation at hand.
async function sample() {
  const recent = (await get(`api/explanations?n=${SNAPSHOT}`)).filter((e) => e.decision.seq > newest);
  if (!recent.length) return;
  newest = recent.at(-1).decision.seq;
  const seen = new Map(); // sort -> how many
  const more = [];
  for (const e of recent.reverse()) {
    const d = e.decision;
    const sort = `${d.strategy} ${d.reason}`;
    const n = seen.get(sort) ?? 0;
    if (n === PER_SORT || !matches(d)) continue;
    seen.set(sort, n + 1);
    explanations.set(d.seq, e);
    more.push(d);
  }
  if (still.value) {
    waiting.push(...more.reverse());
    waiting = waiting.slice(-SHOWN);
    held.value = waiting.length;
  } else {
    show(more);
  }
}

async function explain(seq) {
  if (!explanations.has(seq)) explanations.set(seq, await get(`api/decisions/${seq}`));
  return explanations.get(seq);
}

// choose explains one decision.
export async function choose(decision) {
  const { seq } = decision;
  if (!explainable(seq)) {
    chosen.value = { seq, decision, phase: "gone" };
    return;
  }
  chosen.value = { seq, decision, phase: "loading" };
  let next;
  try {
    next = { seq, decision, phase: "ready", explanation: await explain(seq) };
  } catch (error) {
    const gone = error instanceof Problem && error.status === 404;
    next = { seq, decision, phase: gone ? "gone" : "failed", reason: error.message };
  }
  if (chosen.value?.seq === seq) chosen.value = next;
}

// chooseLike explains the newest decision of the same strategy that can be explained.
export function chooseLike(decision) {
  const like = decisions.value.find((d) => d.strategy === decision.strategy && d.seq !== decision.seq && explainable(d.seq));
  if (like) choose(like);
  return Boolean(like);
}
