// What the page knows. Everything that is drawn reads these signals; only
// poll.js and feed.js write them.

import { signal, computed, effect } from "@preact/signals";
import { STRATEGIES } from "./colours.js";
import { remember, remembered } from "./memory.js";

// connection is how it stands with the daemon:
// {phase: "connecting" | "live" | "reconnecting", retryAt: ms, since: ms, reason}.
export const connection = signal({ phase: "connecting" });

// rows are the samples of the last five minutes, oldest first. See history.js.
export const rows = signal([]);
export const heatBounds = signal([]);

export const stats = signal(null);
export const neural = signal(null);
export const autoscaler = signal(null);
export const fleet = signal(null);
export const config = signal(null); // {fields, etag}

// notice is the last answer to something that was pressed: {text, tone: "ok" | "bad"}.
export const notice = signal(null);

// span is how much of it the charts show, in seconds.
export const span = signal(60);
export const SPANS = [[60, "1 min"], [300, "5 min"]];

export const latest = computed(() => rows.value.at(-1) ?? null);

// everRan is false until the router was given its first job.
export const everRan = computed(() => (stats.value?.submitted ?? 0) > 0);

// inFleet is whether jobs can go to other machines. Until the daemon has said so it is what it
// was the last time: a fleet takes more room, and nothing shall move when the answer comes.
const before = remembered("fleet");
export const inFleet = computed(() => fleet.value?.enabled ?? before);
effect(() => {
  if (fleet.value) remember("fleet", fleet.value.enabled);
});

// strategies are those that jobs can take here: remote only where there is a fleet.
export const strategies = computed(() => STRATEGIES.filter((name) => name !== "remote" || inFleet.value));

let hide = 0;

// tell shows a notice for as long as it takes to read it.
export function tell(text, tone = "ok") {
  clearTimeout(hide);
  notice.value = { text, tone };
  hide = setTimeout(() => {
    notice.value = null;
  }, tone === "bad" ? 12000 : 6000);
}
