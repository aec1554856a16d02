// The configuration: every field of the live one, checked by the daemon while it is
// typed, saved only if nobody else was faster.

import { useId } from "preact/hooks";
import { config, connection } from "./state.js";
import { changes, checking, conflict, discard, edit, faults, save, shown, typed, undo, undos } from "./draft.js";
import { Card } from "./card.jsx";
import { choices, grouped } from "./fields.js";

export const ConfigEditor = () => (
  <Card area="config" title="Configuration" note={<span id="config">takes effect at once, without losing a job</span>}>
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (savable()) save();
      }}
    >
      <div class="groups">
        {config.value ? grouped(config.value.fields).map(([title, members]) => <Group key={title} title={title} members={members} />) : null}
      </div>
      <Bottom />
    </form>
  </Card>
);

const Group = ({ title, members }) => (
  <fieldset>
    <legend>{title}</legend>
    {Object.entries(members).map(([name, about]) => <Field key={name} name={name} about={about} />)}
  </fieldset>
);

function Field({ name, about: [label, unit, help] }) {
  const id = useId();
  const live = config.value.fields[name];
  const fault = faults.value[name];
  const changed = name in changes.value;
  const props = {
    id, name,
    "aria-invalid": fault ? "true" : undefined,
    "aria-describedby": `${id}-about`,
  };
  return (
    <div class={`field${changed ? " changed" : ""}${fault ? " wrong" : ""}`}>
      <label for={id}>
        {label} <code>{name}</code>
      </label>
      <div class="input">
        <Input props={props} name={name} live={live} />
        {unit ? <span class="unit">{unit}</span> : null}
      </div>
      <p id={`${id}-about`} class="help">
        {fault ? <strong>{fault}</strong> : changed ? `now ${live}; ${help}` : help}
      </p>
    </div>
  );
}

function Input({ props, name, live }) {
  const value = shown(name);
  if (typeof live === "boolean") {
    return <input {...props} type="checkbox" role="switch" checked={value} onChange={(e) => edit(name, e.currentTarget.checked)} />;
  }
  const options = choices(name);
  if (options) {
    return (
      <select {...props} value={value} onChange={(e) => edit(name, e.currentTarget.value)}>
        {options.map((o) => <option value={o} key={o}>{o}</option>)}
      </select>
    );
  }
  const numeric = typeof live === "number";
  return (
    <input
      {...props} type="text" inputMode={numeric ? "decimal" : undefined} autocomplete="off" spellcheck={false}
      value={value} onInput={(e) => edit(name, e.currentTarget.value)}
    />
  );
}

const savable = () =>
  connection.value.phase === "live" && !checking.value && Object.keys(changes.value).length > 0 && Object.keys(faults.value).length === 0;

function Bottom() {
  return (
    <div class="bottom">
      <p class="verdict" role="status">{verdict()}</p>
      {conflict.value ? (
        <>
          <button type="button" onClick={discard}>Take theirs</button>
          <button type="button" class="primary" onClick={() => save(true)}>Save mine on top</button>
        </>
      ) : (
        <>
          <button type="button" disabled={undos.value.length === 0} onClick={undo}>Undo last save</button>
          <button type="button" disabled={Object.keys(typed.value).length === 0} onClick={discard}>Discard</button>
          <button type="submit" class="primary" disabled={!savable()}>Save</button>
        </>
      )}
    </div>
  );
}

function verdict() {
  const n = Object.keys(changes.value).length;
  const wrong = Object.entries(faults.value);
  if (conflict.value) return "Somebody else changed the configuration while you edited: nothing was saved.";
  if (!n) return "Nothing is changed.";
  const what = n === 1 ? "1 change" : `${n} changes`;
  if (checking.value) return `${what}, being checked …`;
  if (wrong.length === 1 && wrong[0][0] === "") return wrong[0][1];
  if (wrong.length) return `${what}, ${wrong.length === 1 ? "1 fault" : `${wrong.length} faults`}: ${wrong.map(([name]) => name).join(", ")}`;
  return `${what}, valid: not saved yet`;
}
