// The frame of everything on the page: a titled region, with a switch between its
// chart and the numbers behind it where there is one.

import { useId, useState } from "preact/hooks";

// Card draws a region. children may be a function of whether the table is wanted.
export function Card({ area, title, note, tools, children }) {
  const id = useId();
  const [table, setTable] = useState(false);
  const switches = typeof children === "function";
  return (
    <section class={`card a-${area}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note ? <p class="note">{note}</p> : null}
        <div class="tools">
          {tools}
          {switches ? (
            <button type="button" class="quiet" aria-pressed={table} aria-label={`${title}: show as table`} title="Show as table" onClick={() => setTable(!table)}>
              <TableIcon />
            </button>
          ) : null}
        </div>
      </header>
      {switches ? children(table) : children}
    </section>
  );
}

const TableIcon = () => (
  <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.4">
    <rect x="1.7" y="2.7" width="12.6" height="10.6" rx="1.5" />
    <path d="M1.7 6.4h12.6M6 6.4v6.9" />
  </svg>
);

// Choice is one of a few: a group of buttons of which one is pressed.
export function Choice({ label, options, value, onChange }) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map(([key, text]) => (
        <button type="button" key={key} aria-pressed={key === value} onClick={() => onChange(key)}>{text}</button>
      ))}
    </div>
  );
}

// Fact is a number with its name.
export const Fact = ({ name, children, title }) => (
  <div class="fact" title={title}>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

// Bar shows a part of a whole; its text says the same.
export const Bar = ({ of, colour = "--accent", mark }) => (
  <span class="bar" aria-hidden="true">
    <i style={{ width: `${Math.min(100, Math.max(0, of * 100))}%`, background: `var(${colour})` }} />
    {mark !== undefined ? <u style={{ left: `${Math.min(100, mark * 100)}%` }} /> : null}
  </span>
);
