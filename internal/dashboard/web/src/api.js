// The daemon's API, as fetch with a bound on time. Paths are relative, so that
// the page works under a prefix of a proxy too.

import { signal } from "@preact/signals";

// A daemon with saturated cores answers late, not never. Longer than this and people
// should see that something is wrong.
const TIMEOUT_MS = 5000;

// Problem is an answer of 400 or above (RFC 9457).
export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail || `the server answered ${status}`);
    this.status = status;
    this.errors = body?.errors ?? [];
  }
}

let token = "";

// wantsToken is true from the first write that was refused for want of the right token.
export const wantsToken = signal(false);

// setToken keeps the bearer token for writes until the page is closed.
export function setToken(text) {
  token = text;
}

// request returns {body, etag} or throws a Problem, or the error of a lost connection.
export async function request(path, { method = "GET", json, etag, signal } = {}) {
  const headers = {};
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (etag) headers["If-Match"] = etag;
  if (token && method !== "GET") headers.Authorization = `Bearer ${token}`;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(path, {
    method,
    headers,
    body: json === undefined ? undefined : JSON.stringify(json),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    cache: "no-store",
  });
  const text = await answer.text();
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // A proxy's own page: the status says enough.
  }
  if (answer.status === 401) wantsToken.value = true;
  else if (answer.ok && method !== "GET") wantsToken.value = false;
  if (!answer.ok) throw new Problem(answer.status, body);
  return { body, etag: answer.headers.get("ETag") };
}

export const get = async (path, signal) => (await request(path, { signal })).body;
