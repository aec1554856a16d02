// The live list of decisions. One stop for Tab: the arrow keys move in it, Enter
// explains. It holds still while somebody points at it or is in it.

import { useRef, useState } from "preact/hooks";
import { stats, everRan, strategies } from "./state.js";
import { decisions, sampled, lost, held, holding, paused, filter, chosen, choose, explainable, release, setFilter } from "./feed.js";
import { Card } from "./card.jsx";
import { strategyColour, strategyName } from "./colours.js";
import { clock, seconds, whole } from "./format.js";

export const Decisions = () => (
  <Card area="decisions" title="Decisions" note={<Note />} tools={<Tools />}>
    <List />
  </Card>
);

function Note() {
  const parts = [sampled.value ? "a few of each sort, every second" : "as they come"];
  if (lost.value) parts.push(`${whole(lost.value)} left out`);
  if (paused.value) parts.push("paused");
  else if (holding.value && held.value) parts.push(`held while you look, ${whole(held.value)} new`);
  return <span id="decisions">{parts.join(" · ")}</span>;
}

function Tools() {
  const kinds = [...new Set((stats.value?.kinds ?? []).map((k) => k.kind))].sort();
  return (
    <>
      <select aria-label="Show strategy" value={filter.value.strategy} onChange={(e) => setFilter({ strategy: e.currentTarget.value })}>
        <option value="">all strategies</option>
        {strategies.value.map((s) => <option value={s} key={s}>{strategyName(s)}</option>)}
      </select>
      <select aria-label="Show kind" value={filter.value.kind} onChange={(e) => setFilter({ kind: e.currentTarget.value })}>
        <option value="">all kinds</option>
        {kinds.map((k) => <option value={k} key={k}>{k}</option>)}
      </select>
      <button
        type="button"
        aria-pressed={paused.value}
        onClick={() => {
          paused.value = !paused.value;
          release();
        }}
      >
        Pause
      </button>
    </>
  );
}

// Columns that a phone has no room for carry the class "wide".
// NEVER is what the policy predicts of work whose turn does not come: an hour, past any budget.
const NEVER = 3600;
const HEADS = [["time", "wide"], ["decision", ""], ["strategy", ""], ["reason", ""], ["cost", "n wide"], ["predicted", "n"]];

function List() {
  const list = decisions.value;
  const body = useRef(null);
  const [active, setActive] = useState(null); // seq of the row that Tab reaches
  const reach = list.some((d) => d.seq === active) ? active : list[0]?.seq;

  const hold = (on) => {
    holding.value = on;
    release();
  };
  const move = (event) => {
    const all = [...body.current.querySelectorAll("tr[data-seq]")];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    setActive(Number(all[to].dataset.seq));
    all[to].focus();
  };
  const inside = (event) => event.currentTarget.contains(event.relatedTarget);
  return (
    <div
      class="feed scroll"
      onMouseEnter={() => hold(true)}
      onMouseLeave={() => hold(body.current?.contains(document.activeElement) ?? false)}
      onFocusIn={() => hold(true)}
      onFocusOut={(event) => inside(event) || hold(false)}
    >
      {/* A grid without a row would be a stop for nothing. */}
      <table class="rows" role="grid" aria-label="Decisions, newest first. Enter explains one." onKeyDown={move}>
        <thead>
          <tr>{HEADS.map(([name, c]) => <th scope="col" class={c} key={name}>{name}</th>)}</tr>
        </thead>
        <tbody ref={body}>
          {list.map((d) => <Row key={d.seq} d={d} reach={d.seq === reach} chosen={chosen.value?.seq === d.seq} kept={explainable(d.seq)} onReach={setActive} />)}
        </tbody>
      </table>
      {list.length === 0 ? (
        <p class="empty">{everRan.value ? "No decision of this sort yet." : "No decisions yet. “Run 200 jobs” makes some."}</p>
      ) : null}
    </div>
  );
}

function Row({ d, reach, chosen, kept, onReach }) {
  const open = () => {
    onReach(d.seq);
    choose(d);
  };
  const press = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    open();
  };
  return (
    <tr
      data-seq={d.seq} tabIndex={reach ? 0 : -1} aria-selected={chosen} class={kept ? "" : "gone"}
      title={kept ? "Explain this decision" : "Too long ago: the router keeps the last 1,024"}
      onClick={open} onKeyDown={press}
    >
      <td class="wide">{clock(Date.parse(d.time) / 1000)}</td>
      <td><span class="kind">{d.kind || "job"}</span> <small>#{d.seq}</small></td>
      <td><span class="chip" style={{ "--c": `var(${strategyColour(d.strategy)})` }}>{strategyName(d.strategy)}</span>{d.peer ? <small class="to" title={d.peer}>{d.peer}</small> : null}</td>
      <td>{d.reason.replaceAll("_", " ")}</td>
      <td class="n wide">{whole(d.compute_cost)}</td>
      <td class="n">{d.predicted_seconds >= NEVER ? "no turn" : d.predicted_seconds ? seconds(d.predicted_seconds) : "–"}</td>
    </tr>
  );
}
