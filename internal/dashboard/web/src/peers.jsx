// The peers as a table. Each row opens to what was learned of the peer, kind by kind.

import { Fragment } from "preact";
import { useId, useState } from "preact/hooks";
import { Bar } from "./card.jsx";
import { count, NONE, seconds, share, times, whole } from "./format.js";

// SHOWN bounds the rows: a longer list is for programs.
const SHOWN = 64;

// States have a shape of their own, so that nobody needs the colours.
const STATES = {
  ready: ["--good", <circle cx="6" cy="6" r="5" fill="currentColor" />],
  trial: ["--k-2", <path d="M6 1a5 5 0 0 1 0 10z M6 1a5 5 0 0 0 0 10" fill="none" stroke="currentColor" stroke-width="1.6" />],
  stale: ["--ink-3", <circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.4 2.2" />],
  draining: ["--k-1", <path d="M6 1v8M2.5 6 6 9.8 9.5 6" fill="none" stroke="currentColor" stroke-width="1.8" />],
  ejected: ["--bad", <path d="m2 2 8 8m0-8-8 8" fill="none" stroke="currentColor" stroke-width="2" />],
};

const MEANINGS = {
  ready: "it gets jobs",
  trial: "one job is sent to see whether it answers again",
  stale: "its last report is too old",
  draining: "it has said that it leaves",
  ejected: "its breaker is open: too many jobs in a row got no answer",
};

const HEADS = [
  ["peer", ""], ["state", ""], ["load", ""], ["backlog", "n", "core time that waits there"],
  ["scarcity", "n", "share of the work offered to it that it turns away"], ["speed", "n", "of its cores beside this machine's"],
  ["report", "n", "age of what is known of it"], ["doubt", "n", "by how much it takes longer than it lets expect"],
  ["done", "n"], ["other ends", ""],
];

export function Peers({ list }) {
  const [open, setOpen] = useState(null); // name of the one that is open
  return (
    <div class="peers">
      <div class="scroll" tabIndex={0} role="region" aria-label="Peers: table">
        <table class="rows">
          <thead>
            <tr>{HEADS.map(([name, c, title]) => <th scope="col" class={c} title={title} key={name}>{name}</th>)}</tr>
          </thead>
          <tbody>
            {list.slice(0, SHOWN).map((p) => <Peer key={p.name} p={p} open={open === p.name} onOpen={() => setOpen(open === p.name ? null : p.name)} />)}
          </tbody>
        </table>
      </div>
      {list.length > SHOWN ? <p class="note">{whole(list.length - SHOWN)} more are at <a href="api/fleet">/api/fleet</a></p> : null}
    </div>
  );
}

function Peer({ p, open, onOpen }) {
  const id = useId();
  return (
    <Fragment>
      <tr class={open ? "open" : ""}>
        <th scope="row">
          <button type="button" class="quiet name" aria-expanded={open} aria-controls={open ? id : undefined} title={p.name} onClick={onOpen}>
            <span aria-hidden="true">{open ? "▾" : "▸"}</span>
            <b>{p.name}</b>
          </button>
        </th>
        <td><State p={p} /></td>
        <td><Load p={p} /></td>
        <td class="n">{seconds(p.backlog_seconds)}</td>
        <td class={p.scarcity ? "n" : "n none"}>{share(p.scarcity)}</td>
        <td class="n">{p.speed ? times(p.speed) : NONE}</td>
        <td class="n">{seconds(p.report_age_seconds)}</td>
        <td class="n">{seconds(p.doubt_seconds)}</td>
        <td class="n">{count(p.jobs.done)}</td>
        <td class="ends">{ends(p.jobs) || <span class="none">none</span>}</td>
      </tr>
      {open ? <tr class="learned" id={id}><td colSpan={HEADS.length}><Learned p={p} /></td></tr> : null}
    </Fragment>
  );
}

function State({ p }) {
  const [colour, shape] = STATES[p.state] ?? ["--ink-3", null];
  return (
    <span class="state" title={p.why || MEANINGS[p.state]}>
      <svg viewBox="0 0 12 12" width="11" height="11" aria-hidden="true" style={{ color: `var(${colour})` }}>{shape}</svg>
      {p.state}
      {p.why ? <small>{p.why}</small> : null}
    </span>
  );
}

const lanes = (x) => (Number.isInteger(x) ? whole(x) : x.toFixed(1));

// Load is full where as many jobs are there as run at a time; what is beyond waits.
function Load({ p }) {
  const of = p.lanes ? p.in_flight / p.lanes : 0;
  return (
    <span class="load" title={`${whole(p.in_flight)} jobs there, ${lanes(p.lanes)} at a time; ${whole(p.outstanding)} of them, or on their way, are this router's`}>
      <Bar of={of} colour={of > 2 ? "--s-drop" : of > 1 ? "--s-cpu_pool" : "--accent"} />
      <span>{whole(p.in_flight)}<small> of {lanes(p.lanes)}</small></span>
    </span>
  );
}

// ends lists what did not end well, and leaves out what never happened.
const ends = (jobs) => ["failed", "refused", "lost"].filter((name) => jobs[name]).map((name) => `${count(jobs[name])} ${name}`).join(", ");

function Learned({ p }) {
  return (
    <dl>
      <div><dt>sent</dt><dd>{count(p.jobs.sent)}, {count(p.outstanding)} out</dd></div>
      <div><dt>way there and back</dt><dd>{seconds(p.overhead_seconds)}</dd></div>
      {p.kinds.map((k) => (
        <div key={k.kind}><dt>{k.kind}</dt><dd>{times(k.slowth)} of the time here<small> {count(k.samples)} samples</small></dd></div>
      ))}
      {p.kinds.length ? null : <div><dt>kinds</dt><dd>nothing learned yet</dd></div>}
    </dl>
  );
}
