/** Up to four plans on the same draws, side by side. */
import { useState } from "preact/hooks";
import { planColour } from "../palette";
import type { Compared, Person, Plans, Subject } from "../shapes";
import { announce, type Cell, useCell } from "../state";
import { theme } from "../theme";
import { Icon } from "../ui/icon";
import { Busy, useWork } from "../ui/job";
import { useLoad } from "../ui/load";
import { Trouble } from "../ui/states";
import { Comparison } from "./comparison";
import type { Kept } from "./kept";
import { hint } from "./plan_words";

const MOST = 4;
const FIRST = 10;

export function WhatIf({ person, subject, cell }: { person: Person; subject: Subject; cell: Cell<Kept> }) {
  const kept = useCell(cell);
  const base = `/patients/${encodeURIComponent(person.patient)}`;
  const [found, again] = useLoad<Plans>(`${base}/plans?subject=${encodeURIComponent(subject.subject)}`);
  const plans = kept.plans ?? [""];
  const set = (next: string[]) => (cell.value = { ...cell.value, plans: next });
  const job = useWork<Compared>((compared) => {
    cell.value = { ...cell.value, compared };
    announce(compared.ranking);
  });
  const asked = [...new Set(plans.map((p) => p.trim()).filter(Boolean))];
  const start = (event: Event) => {
    event.preventDefault();
    job.start(`${base}/compare`, { subject: subject.subject, plans: asked });
  };
  return (
    <section class="stack" aria-labelledby="what-if">
      <div><h2 id="what-if">What if</h2><p class="muted">Each plan is tried on the same draws of this patient, so that differences between plans are not blurred by what is not known about the patient.</p></div>
      {found.is === "trouble" ? <Trouble error={found.error} again={again} patient={person.patient} /> : null}
      <form class="stack" onSubmit={start}>
        <Rows plans={plans} set={set} known={found.is === "here" ? found.value : null} />
        {found.is === "here" ? <Proposed proposals={found.value.plans} plans={plans} set={set} /> : null}
        {job.progress ? <Busy progress={job.progress} onStop={job.stop} /> : (
          <div class="row">
            <button class="button main" type="submit" disabled={asked.length === 0}>Compare{asked.length > 1 ? ` ${asked.length} plans` : ""}</button>
            <span class="muted small">{asked.length === 0 ? "Write or choose a plan first." : "The first plan is the one that others are held against."}</span>
          </div>
        )}
      </form>
      {job.error ? <Trouble error={job.error} patient={person.patient} /> : null}
      {kept.compared ? <Comparison found={kept.compared} past={kept.personalised?.curves ?? null} /> : null}
    </section>
  );
}

interface PlanRows { plans: string[]; set: (next: string[]) => void; known: Plans | null }

function Rows({ plans, set, known }: PlanRows) {
  const colours = useCell(theme);
  const change = (i: number, text: string) => set(plans.map((p, j) => (j === i ? text : p)));
  return (
    <div class="plans">
      {plans.map((text, i) => {
        const said = hint(text, known ? [known.example, ...known.plans, "hold"] : [], known?.grammar ?? "");
        return (
          <div class="plan" key={i}>
            <svg viewBox="0 0 12 12" class="swatch" aria-hidden="true"><circle cx="6" cy="6" r="5" fill={planColour(i, colours)} /></svg>
            <div class="field">
              <label for={`plan-${i}`}>Plan {i + 1}</label>
              <input id={`plan-${i}`} class="input" type="text" autoComplete="off" spellcheck={false} value={text} placeholder={known?.example ?? ""} aria-describedby={`hint-${i}`} onInput={(e) => change(i, e.currentTarget.value)} />
              <span id={`hint-${i}`} class={said.state === "known" ? "hint ok" : "hint"}>{said.state === "known" ? <Icon name="done" /> : null} {said.words}</span>
            </div>
            {plans.length > 1 ? <button class="icon-button" type="button" onClick={() => set(plans.filter((_, j) => j !== i))}><Icon name="close" label={`Remove plan ${i + 1}`} /></button> : null}
          </div>
        );
      })}
      {plans.length < MOST ? <button class="button plain add" type="button" onClick={() => set([...plans, ""])}><Icon name="plus" />Another plan</button> : null}
    </div>
  );
}

function Proposed({ proposals, plans, set }: { proposals: string[]; plans: string[]; set: (next: string[]) => void }) {
  const [all, show] = useState(false);
  if (proposals.length === 0) return null;
  const empty = plans.findIndex((p) => p.trim() === "");
  const full = plans.length >= MOST && empty < 0;
  const add = (text: string) => set(empty >= 0 ? plans.map((p, i) => (i === empty ? text : p)) : [...plans, text]);
  return (
    <div class="stack tight">
      <span class="label" id="proposed">Proposed by the twin</span>
      <div class="chips" role="group" aria-labelledby="proposed">
        {(all ? proposals : proposals.slice(0, FIRST)).map((p) => <button key={p} class="chip" type="button" disabled={full || plans.includes(p)} onClick={() => add(p)}>{p}</button>)}
        {!all && proposals.length > FIRST ? <button class="button plain small" type="button" onClick={() => show(true)}>All {proposals.length}</button> : null}
      </div>
    </div>
  );
}
