// The edits of the configuration that are not saved: what was typed, what a dry run
// says of it, and how to save or take back.

import { signal, computed } from "@preact/signals";
import { Problem, request } from "./api.js";
import { config, tell } from "./state.js";

const SETTLE_MS = 250; // after the last key, before the daemon is asked
const UNDOS = 20; // saves that can be taken back

export const typed = signal({}); // field -> text, or boolean; only what was touched
export const faults = signal({}); // field -> what is wrong with it; "" for the whole
export const checking = signal(false);
export const conflict = signal(false);
export const undos = signal([]); // patches that take a save back, newest last

let tag = null; // of the configuration that the edits began with
let timer = 0;
let asked = 0; // counts dry runs, so that a late answer does not overwrite a newer one

// changes is the patch that the edits make: only what differs from what is live.
export const changes = computed(() => {
  const live = config.value?.fields ?? {};
  const patch = {};
  for (const [field, value] of Object.entries(typed.value)) {
    const next = valueOf(value, live[field]);
    if (next !== live[field]) patch[field] = next;
  }
  return patch;
});

// valueOf reads a text as what the field holds. What is no number goes as the text
// that it is, and the daemon says what is wrong with it.
function valueOf(value, like) {
  if (typeof like !== "number" || typeof value !== "string") return value;
  return value.trim() === "" || Number.isNaN(Number(value)) ? value : Number(value);
}

export const shown = (field) => typed.value[field] ?? config.value?.fields[field];

export function edit(field, value) {
  if (!Object.keys(typed.value).length) tag = config.value?.etag ?? null;
  typed.value = { ...typed.value, [field]: value };
  clearTimeout(timer);
  checking.value = true;
  timer = setTimeout(check, SETTLE_MS);
}

async function check() {
  const mine = ++asked;
  const found = await tried(changes.value, true);
  if (mine !== asked) return;
  checking.value = false;
  if (found) faults.value = found;
}

// tried sends a patch and returns its faults by field, {} when there are none, or
// null when the daemon could not be asked.
async function tried(patch, dryRun, etag) {
  if (!Object.keys(patch).length) return {};
  try {
    const { body, etag: next } = await request(`api/config${dryRun ? "?dry_run=true" : ""}`, { method: "PATCH", json: patch, etag });
    if (!dryRun) config.value = { fields: body, etag: next };
    return {};
  } catch (error) {
    return refusal(error, dryRun);
  }
}

function refusal(error, dryRun) {
  if (!(error instanceof Problem)) {
    if (!dryRun) tell("Not saved: the server does not answer", "bad");
    return null;
  }
  if (error.status === 412) {
    conflict.value = true;
    return {};
  }
  const found = {};
  for (const { pointer, message } of error.errors) found[pointer.slice(1)] = message;
  if (!Object.keys(found).length) found[""] = error.message;
  if (!dryRun) tell(`Not saved: ${error.message}`, "bad");
  return found;
}

// save makes the edits live, unless somebody else was faster; force saves on top.
export async function save(force = false) {
  const patch = changes.value;
  const before = config.value.fields;
  const back = Object.fromEntries(Object.keys(patch).map((field) => [field, before[field]]));
  conflict.value = false;
  const found = await tried(patch, false, force ? undefined : tag);
  if (!found || conflict.value) return;
  faults.value = found;
  if (Object.keys(found).length) return;
  undos.value = [...undos.value, back].slice(-UNDOS);
  forget();
  tell(`Saved: ${Object.keys(patch).join(", ")}`);
}

// undo takes the last save back.
export async function undo() {
  const patch = undos.value.at(-1);
  const found = await tried(patch, false, config.value?.etag);
  if (!found || Object.keys(found).length || conflict.value) return;
  undos.value = undos.value.slice(0, -1);
  tell(`Taken back: ${Object.keys(patch).join(", ")}`);
}

// discard forgets the edits.
export function discard() {
  forget();
  conflict.value = false;
}

function forget() {
  clearTimeout(timer);
  asked++;
  checking.value = false;
  typed.value = {};
  faults.value = {};
}
