/** A question, a model personalised for it, what it foresees, what could be done, and whether it was right before. */
import { useState } from "preact/hooks";
import { capital } from "../format";
import type { Person, Subject } from "../shapes";
import { useCell } from "../state";
import { Segmented } from "../ui/segmented";
import { Empty } from "../ui/states";
import { EvidenceView } from "./evidence";
import { Forecasts } from "./forecasts";
import { keptFor } from "./kept";
import { PersonalisePart } from "./personalise";
import { WhatIf } from "./what_if";

export function Twins({ person, again }: { person: Person; again: () => void }) {
  const [chosen, choose] = useState(person.subjects[0]?.subject ?? "");
  const subject = person.subjects.find((s) => s.subject === chosen) ?? person.subjects[0];
  if (!subject) {
    return (
      <Empty title="No twin can say anything yet">
        <p class="muted">The record holds nothing that an installed twin can use. The Timeline shows what it holds; a dosing twin, for example, needs doses of a drug it has a published model of, and better a measured level.</p>
      </Empty>
    );
  }
  return (
    <div class="stack wide">
      {person.subjects.length > 1 ? <Subjects all={person.subjects} value={subject.subject} onChoose={choose} /> : null}
      <OneSubject key={subject.subject} person={person} subject={subject} again={again} />
    </div>
  );
}

function Subjects({ all, value, onChoose }: { all: Subject[]; value: string; onChoose: (s: string) => void }) {
  if (all.length <= 4) return <div><Segmented label="About what" options={all.map((s) => ({ value: s.subject, words: capital(s.subject) }))} value={value} onChoose={onChoose} /></div>;
  return (
    <div class="field subject-field">
      <label for="subject">About</label>
      <select id="subject" class="input" value={value} onChange={(e) => onChoose(e.currentTarget.value)}>
        {all.map((s) => <option key={s.subject} value={s.subject}>{capital(s.subject)}</option>)}
      </select>
    </div>
  );
}

function OneSubject({ person, subject, again }: { person: Person; subject: Subject; again: () => void }) {
  const cell = keptFor(person.patient, subject.subject);
  const kept = useCell(cell);
  const [turn, next] = useState(0);
  const variant = kept.personalised?.posteriors[0]?.variant ?? subject.variants[0]?.name;
  return (
    <>
      <PersonalisePart person={person} subject={subject} cell={cell} again={again} />
      {kept.personalised ? <WhatIf person={person} subject={subject} cell={cell} /> : null}
      <Forecasts person={person} subject={subject} turn={turn} made={() => next((n) => n + 1)} plans={kept.compared?.options.map((o) => o.plan) ?? []} />
      {variant ? <EvidenceView twin={subject.twin} variant={variant} /> : null}
    </>
  );
}
