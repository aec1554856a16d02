// A time chart: uPlot on a canvas, with a name for screen readers and the same
// numbers as a table for whoever wants them.

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { paint, theme } from "./colours.js";
import { clock, clocks } from "./format.js";
import { span } from "./state.js";

// All charts share the cursor: what happened at one moment is read off all of them.
const cursors = uPlot.sync("helix");

// TABLE_ROWS of the table, the newest: more than a screen reader's user walks through.
const TABLE_ROWS = 30;

const FONT = '11px system-ui, -apple-system, "Segoe UI", sans-serif';

// axis is what all axes have.
export const axis = (more) => ({
  font: FONT,
  stroke: () => paint("--ink-3"),
  grid: { stroke: () => paint("--grid"), width: 1 },
  ticks: { show: false },
  ...more,
});

const timeAxis = () =>
  axis({
    values: (u, splits) => clocks(splits).map((text, i) => (cramped(u, splits[i]) ? "" : text)),
    incrs: [10, 30, 60, 120],
    space: 62,
    size: 26,
    gap: 6,
    grid: { show: false },
  });

// EDGE in pixels: a label is some 48 wide and 12 are free beside the plot, so nearer to
// an end of the axis it would be cut off, or stand in the labels of the other axis.
const EDGE = 12;

const cramped = (u, time) => {
  const at = u.valToPos(time, "x");
  return at < EDGE || at > u.over.clientWidth - EDGE;
};

function optionsOf({ series, scales, axes, hooks, width, height }) {
  return {
    width,
    height,
    legend: { show: false },
    padding: [8, 12, 0, 0],
    cursor: {
      sync: { key: cursors.key, scales: ["x", null] },
      drag: { x: false, y: false },
      points: { size: 7, width: 0, fill: (u, i) => u.series[i].points._fill() },
      y: false,
    },
    scales: { x: { time: true, range: shownTime }, ...scales },
    axes: [timeAxis(), ...axes],
    series: [{}, ...series.map(seriesOf)],
    hooks,
  };
}

// shownTime always ends with the newest sample and is as long as chosen, so that nothing
// stretches while the first minutes fill.
function shownTime(u) {
  const newest = u.data[0]?.at(-1) ?? Date.now() / 1000;
  return [newest - span.peek(), newest];
}

function seriesOf({ colour, fill, dash, width = 1.75, step, scale, hidden }) {
  const ink = () => paint(colour);
  return {
    stroke: ink,
    fill: fill ? () => faded(ink(), fill) : undefined,
    dash,
    width,
    scale: scale ?? "y",
    show: !hidden,
    paths: step ? uPlot.paths.stepped({ align: 1 }) : undefined,
    spanGaps: false,
    // A lone sample between two gaps has no line: show it as a dot.
    points: { size: 4, fill: ink, width: 0, _fill: ink, filter: lonely },
  };
}

function lonely(u, i) {
  const values = u.data[i];
  const alone = [];
  for (let j = 0; j < values.length; j++) {
    if (values[j] !== null && (values[j - 1] ?? null) === null && (values[j + 1] ?? null) === null) alone.push(j);
  }
  return alone;
}

// faded is a colour of #rrggbb with an opacity.
const faded = (hex, opacity) => hex + Math.round(opacity * 255).toString(16).padStart(2, "0");

// Chart draws columns: data = [times, ...one a series]. series = [{name, colour, text}],
// where text writes a value. With children, even null ones, there is room for the legend though
// no series has come yet, so that nothing moves when one does. empty is what is said while there is nothing to draw.
export function Chart({ label, data, series, scales = {}, axes, hooks, height = 200, empty, table, children }) {
  const box = useRef(null);
  const plot = useRef(null);
  const [at, setAt] = useState(null);
  const shape = series.map((s) => s.name + s.colour).join();

  useEffect(() => {
    const moved = (u) => setAt(u.cursor.idx ?? null);
    const options = optionsOf({
      series, scales, axes,
      height: box.current.clientHeight || height,
      width: Math.max(120, box.current.clientWidth),
      hooks: { ...hooks, setCursor: [moved] },
    });
    const u = new uPlot(options, data, box.current);
    plot.current = u;
    const resize = new ResizeObserver(() => {
      const { clientWidth: w, clientHeight: h } = box.current ?? {};
      if (w && h && (w !== u.width || h !== u.height)) u.setSize({ width: w, height: h });
    });
    resize.observe(box.current);
    return () => {
      resize.disconnect();
      u.destroy();
    };
  }, [shape, height]);

  const long = span.value;
  useEffect(() => {
    plot.current?.setData(data);
  }, [data, long]);

  const now = theme.value;
  useEffect(() => {
    plot.current?.redraw(false, true);
  }, [now]);

  const blank = data[0].length === 0 || data.slice(1).every((values) => values.every((v) => v === null || v === 0));
  const index = at !== null && at < data[0].length ? at : data[0].length - 1;
  return (
    <div class="chart">
      {children !== undefined || series.length > 1 ? (
        <div class="legend">
          {series.filter((s) => s.name).map((s) => (
            <span class="key" key={s.name}>
              <i class={s.dash ? "dash" : ""} style={{ "--c": `var(${s.colour})` }} />
              {s.name}
              <b>{index >= 0 && s.text ? s.text(data[series.indexOf(s) + 1][index]) : ""}</b>
            </span>
          ))}
          {children}
          <span class="when">{at !== null && data[0][index] ? clock(data[0][index]) : ""}</span>
        </div>
      ) : null}
      {table ? (
        <DataTable label={label} data={data} series={series} height={height} />
      ) : null}
      <div class="plot" style={{ minHeight: `${height}px` }} hidden={table}>
        <div class="canvas" ref={box} role="img" aria-label={`${label}, over the last ${long === 60 ? "minute" : `${long / 60} minutes`}`} />
        {blank && empty ? <p class="empty">{empty}</p> : null}
      </div>
    </div>
  );
}

function DataTable({ label, data, series, height }) {
  const from = Math.max(0, data[0].length - TABLE_ROWS);
  const shown = data[0].slice(from).map((time, i) => [time, from + i]).reverse();
  return (
    <div class="scroll grow" style={{ minHeight: `${height}px` }} tabIndex={0} role="region" aria-label={`${label}: table`}>
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">time</th>
            {series.map((s) => <th scope="col" class="n" key={s.name}>{s.name}</th>)}
          </tr>
        </thead>
        <tbody>
          {shown.map(([time, i]) => (
            <tr key={time}>
              <th scope="row">{clock(time)}</th>
              {series.map((s, j) => <td class="n" key={s.name}>{s.text(data[j + 1][i])}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
