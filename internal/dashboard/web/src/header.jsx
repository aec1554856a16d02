// The top of the page: how it stands with the daemon, where things are, and the
// two buttons that give the router something to do.

import { useEffect, useState } from "preact/hooks";
import { request, setToken, wantsToken } from "./api.js";
import { connection, stats, config, notice, tell } from "./state.js";
import { retryNow } from "./poll.js";
import { count, uptime } from "./format.js";

export const Header = () => (
  <header class="top">
    <a class="brand" href="#main">
      <Mark />
      <h1>Helix</h1>
    </a>
    <Connection />
    <nav aria-label="Sections">
      <a href="#decisions">Decisions</a>
      <a href="#fleet">Fleet</a>
      <a href="#capacity">Capacity</a>
      <a href="#config">Configuration</a>
    </nav>
    <Actions />
    <Notice />
  </header>
);

const Mark = () => (
  <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true" fill="none" stroke-width="3.2" stroke-linecap="round">
    <path d="M10 4c0 8.5 12 8.5 12 12s-12 3.5-12 12" stroke="var(--accent)" />
    <path d="M22 4c0 8.5-12 8.5-12 12s12 3.5 12 12" stroke="var(--s-inline)" opacity=".8" />
  </svg>
);

const PHASES = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting" };

function Connection() {
  const { phase, retryAt, reason } = connection.value;
  const s = stats.value;
  return (
    <div class={`connection ${phase}`}>
      <span class="pill">
        <i aria-hidden="true" />
        {/* Only the phase is announced: a countdown would be read out every second. */}
        <span role="status">{PHASES[phase]}</span>
        {phase === "reconnecting" ? <Countdown until={retryAt} /> : null}
      </span>
      {phase === "reconnecting" ? (
        <>
          <button type="button" class="quiet text" onClick={retryNow}>Try now</button>
          <span class="about">{reason}; the numbers below are the last ones seen</span>
        </>
      ) : (
        <span class="about">
          {s ? `up ${uptime(s.uptime_seconds)} · ${s.cores} ${s.cores === 1 ? "core" : "cores"} · policy ${config.value?.fields.policy ?? ""}` : ""}
        </span>
      )}
    </div>
  );
}

function Countdown({ until }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const left = Math.max(0, Math.ceil((until - now) / 1000));
  return <span aria-hidden="true">{left > 0 ? `in ${left} s` : "now"}</span>;
}

// What an overload offers: so many jobs a second for each core. The sample jobs take
// some 30 to 40 µs, so that a core with nothing else to do carries about 25,000; the daemon makes the jobs on the same cores.
const OVERLOAD_PER_CORE = 25_000;
const OVERLOAD_SECONDS = 12;
const MOST_JOBS = 1_000_000; // in one burst, as the daemon says
const MOST_RATE = 1_000_000;

function overload(cores) {
  const rate = Math.min(MOST_RATE, OVERLOAD_PER_CORE * cores);
  return { jobs: Math.min(MOST_JOBS, rate * OVERLOAD_SECONDS), rate };
}

const seed = () => Math.floor(Math.random() * 2 ** 32);

function Actions() {
  const off = connection.value.phase !== "live";
  const run = async (burst, about) => {
    try {
      await request("api/simulate", { method: "POST", json: { ...burst, seed: seed() } });
      tell(about);
    } catch (error) {
      tell(error.status === 409 ? "A burst is running already: wait for its end" : error.message, "bad");
    }
  };
  const load = overload(stats.value?.cores ?? 1);
  return (
    <div class="actions">
      {wantsToken.value ? <Token /> : null}
      <button type="button" disabled={off} onClick={() => run({ jobs: 200 }, "200 jobs are on their way")}>Run 200 jobs</button>
      <button
        type="button"
        class="hot"
        disabled={off}
        title={`${count(load.jobs)} jobs at ${count(load.rate)} a second: more than the cores can do`}
        onClick={() => run(load, `Overload: ${count(load.rate)} jobs a second for ${Math.round(load.jobs / load.rate)} s`)}
      >
        Overload
      </button>
    </div>
  );
}

// Token asks for what the daemon wants of writers from beyond its machine.
const Token = () => (
  <label class="token">
    <span>Token for writes</span>
    <input type="password" autocomplete="off" onInput={(event) => setToken(event.currentTarget.value.trim())} />
  </label>
);

const Notice = () => (
  <p class={`notice ${notice.value?.tone ?? ""}`} role="status">
    {notice.value?.text ?? ""}
  </p>
);
