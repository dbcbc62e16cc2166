/** What the patient permits: plain questions, an explicit save, and what no one may ever do. */
import { useEffect, useState } from "preact/hooks";
import { api } from "../api";
import { day, moment } from "../format";
import type { Choice, Consent, Leave } from "../shapes";
import { announce } from "../state";
import { Confirm } from "../ui/dialog";
import { Icon } from "../ui/icon";
import { useLoad } from "../ui/load";
import { Loading, Trouble } from "../ui/states";

type Answers = Record<string, Leave | "unset">;

export function ConsentView({ patient }: { patient: string }) {
  const base = `/patients/${encodeURIComponent(patient)}/consents`;
  const [list, askList] = useLoad<Consent[]>(base);
  const [choices, askChoices] = useLoad<Choice[]>(`${base}/choices`);
  const again = () => { askList(); askChoices(); };
  if (choices.is === "trouble") return <Trouble error={choices.error} again={again} patient={patient} />;
  if (list.is === "trouble") return <Trouble error={list.error} again={again} patient={patient} />;
  const asked = choices.is === "here" ? choices.value : choices.before;
  const kept = list.is === "here" ? list.value : list.before;
  if (!asked || !kept) return <Loading what="consent" rows={5} />;
  return (
    <div class="consent">
      <Questions base={base} choices={asked.filter((c) => c.fixed === null)} again={again} />
      <div class="stack wide">
        <InForce base={base} list={kept} again={again} />
        <Never choices={asked.filter((c) => c.fixed !== null && c.value === "deny")} />
      </div>
    </div>
  );
}

function Questions({ base, choices, again }: { base: string; choices: Choice[]; again: () => void }) {
  const start = (): Answers => Object.fromEntries(choices.map((c) => [c.key, c.value]));
  const [answers, answer] = useState<Answers>(start);
  const [until, setUntil] = useState("");
  const [asking, ask] = useState(false);
  const [trouble, fail] = useState<unknown>(null);
  useEffect(() => answer(start()), [choices.map((c) => c.key + c.value).join()]);
  const changed = choices.filter((c) => answers[c.key] !== c.value);
  const save = async () => {
    ask(false);
    fail(null);
    const said = Object.fromEntries(Object.entries(answers).filter(([, v]) => v !== "unset"));
    try {
      await api.send(base, { method: "POST", body: { choices: said, ...(until ? { until: `${until}T23:59:59Z` } : {}) } });
      announce("Saved.");
      again();
    } catch (error) {
      fail(error);
    }
  };
  return (
    <section aria-labelledby="choices">
      <form class="stack" onSubmit={(e) => { e.preventDefault(); ask(true); }}>
        <div><h2 id="choices">What do you permit?</h2><p class="muted">What is not permitted is refused. You can change your mind at any time; what was done before stays in the log.</p></div>
        {choices.map((c) => <Question key={c.key} c={c} value={answers[c.key] ?? c.value} onAnswer={(v) => answer({ ...answers, [c.key]: v })} />)}
        <div class="row end save-bar">
          <div class="field"><label for="until">Until (else until changed)</label><input id="until" class="input" type="date" value={until} onInput={(e) => setUntil(e.currentTarget.value)} /></div>
          <button class="button main" type="submit" disabled={changed.length === 0 && !until}>Save</button>
          <span class="muted small" role="status">{changed.length === 0 ? "Nothing changed yet." : `${changed.length} changed, not saved yet.`}</span>
        </div>
        {trouble ? <Trouble error={trouble} /> : null}
      </form>
      {asking ? (
        <Confirm title="Save these choices?" yes="Save" onYes={save} onNo={() => ask(false)}>
          <ul class="bullets">{changed.map((c) => <li key={c.key}>{c.question} <b>{answers[c.key] === "permit" ? "Yes, permitted" : "No, denied"}</b></li>)}</ul>
          <p class="muted">This holds from now on{until ? ` until ${day(until)}` : ""} and is entered in the log.</p>
        </Confirm>
      ) : null}
    </section>
  );
}

function Question({ c, value, onAnswer }: { c: Choice; value: Leave | "unset"; onAnswer: (v: Leave) => void }) {
  const radio = (v: Leave, words: string) => (
    <label class={value === v ? `answer ${v} on` : `answer ${v}`}><input type="radio" name={c.key} value={v} checked={value === v} onChange={() => onAnswer(v)} />{words}</label>
  );
  return (
    <fieldset class="question" aria-describedby={`x-${c.key}`}>
      <legend>{c.question}</legend>
      <p id={`x-${c.key}`} class="muted small">{c.explains}</p>
      <div class="answers">{radio("permit", "Yes, permit")}{radio("deny", "No, deny")}{value === "unset" ? <span class="tag warn">{c.key === "emergency" ? "not answered: allowed" : "not answered: refused"}</span> : null}{value !== c.value ? <span class="tag info">changed</span> : null}</div>
    </fieldset>
  );
}

function InForce({ base, list, again }: { base: string; list: Consent[]; again: () => void }) {
  const now = list.filter((c) => c.in_force);
  const rest = list.filter((c) => !c.in_force);
  return (
    <section class="stack" aria-labelledby="in-force">
      <h2 id="in-force">In force now</h2>
      {now.length === 0 ? <p class="muted">Nothing. Everything that needs leave is refused.</p> : <ul class="leaves">{now.map((c) => <One key={c.id} base={base} c={c} again={again} />)}</ul>}
      {rest.length > 0 ? <details><summary>No longer in force ({rest.length})</summary><ul class="leaves">{rest.map((c) => <One key={c.id} base={base} c={c} again={again} />)}</ul></details> : null}
    </section>
  );
}

function One({ base, c, again }: { base: string; c: Consent; again: () => void }) {
  const [asking, ask] = useState(false);
  const [trouble, fail] = useState<unknown>(null);
  const revoke = async () => {
    ask(false);
    try {
      await api.send(`${base}/${encodeURIComponent(c.id)}`, { method: "DELETE" });
      announce("Revoked.");
      again();
    } catch (error) {
      fail(error);
    }
  };
  return (
    <li class={c.in_force ? "" : "past"}>
      <ul class="sentences">{c.sentences.map((s) => <li key={s}>{s}</li>)}</ul>
      <p class="small muted"><span class={c.decision === "permit" ? "tag good" : "tag bad"}><Icon name={c.decision === "permit" ? "allowed" : "refused"} />{c.decision === "permit" ? "permits" : "denies"}</span> from {c.from ? moment(c.from) : "the beginning"} {c.until ? `until ${moment(c.until)}` : "until changed"}{c.basis ? `; ${c.basis}` : ""}</p>
      {c.in_force && c.editable ? <div><button class="button danger" type="button" onClick={() => ask(true)}>Revoke</button></div> : null}
      {trouble ? <Trouble error={trouble} /> : null}
      {asking ? (
        <Confirm title="Revoke this?" yes="Revoke" danger onYes={revoke} onNo={() => ask(false)}>
          <ul class="bullets">{c.sentences.map((s) => <li key={s}>{s}</li>)}</ul>
          <p class="muted">From this moment it no longer counts. A stream that depends on it ends. What was done under it stays in the log.</p>
        </Confirm>
      ) : null}
    </li>
  );
}

function Never({ choices }: { choices: Choice[] }) {
  if (choices.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="never">
      <div><h2 id="never">Never, whatever is chosen</h2><p class="muted">These are refused by bodytwin itself. No one can permit them here, not even the patient, so that no one can be pressed to.</p></div>
      <ul class="never">{choices.map((c) => <li key={c.key}><Icon name="shield" /><div><b>{c.question}</b><p class="small muted">{c.fixed}</p></div></li>)}</ul>
    </section>
  );
}
