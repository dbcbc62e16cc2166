/** Who looked, when, why, and what was refused: one sentence each. */
import { useEffect, useState } from "preact/hooks";
import { api, ApiError } from "../api";
import { moment, short } from "../format";
import type { Audit, AuditEntry, Person } from "../shapes";
import { announce, me, useCell } from "../state";
import { Icon, type IconName } from "../ui/icon";
import { useLoad } from "../ui/load";
import { Segmented } from "../ui/segmented";
import { Empty, Loading, Trouble } from "../ui/states";

type Filter = "all" | "refused" | "emergency";
const ICON: Record<AuditEntry["outcome"], IconName> = { allowed: "allowed", refused: "refused", done: "done" };
const LOOK: Record<AuditEntry["outcome"], string> = { allowed: "tag good", refused: "tag bad", done: "tag" };

export function AuditView({ patient }: { patient: string }) {
  const base = `/patients/${encodeURIComponent(patient)}`;
  const [found, again] = useLoad<Audit>(`${base}/audit`);
  const [person, askPerson] = useLoad<Person>(base);
  const [older, setOlder] = useState<AuditEntry[]>([]);
  const [next, setNext] = useState<Audit["next"]>(null);
  useEffect(() => {
    setOlder([]);
    if (found.is === "here") setNext(found.value.next);
  }, [found]);
  if (found.is === "trouble") return <Trouble error={found.error} again={again} patient={patient} />;
  if (found.is === "loading") return <Loading what="the log" rows={6} />;
  const entries = [...found.value.entries, ...older];
  const more = async () => {
    const page = (await api.get(`${base}/audit?after=${encodeURIComponent(String(next))}`)) as Audit;
    setOlder((was) => [...was, ...page.entries]);
    setNext(page.next);
  };
  return (
    <div class="stack">
      {person.is === "here" ? <Emergencies base={base} person={person.value} again={() => { askPerson(); again(); }} /> : null}
      <Head audit={found.value} />
      <Entries entries={entries} {...(next !== null ? { more: () => { void more(); } } : {})} />
    </div>
  );
}

function Head({ audit }: { audit: Audit }) {
  const { head } = audit;
  return (
    <div class={audit.verified ? "note good" : "note bad"}>
      <p><b>{audit.verified ? "Verified: nothing in this log was changed or taken out." : "The log does not verify."}</b></p>
      {audit.faults.length > 0 ? <ul class="bullets">{audit.faults.map((f) => <li key={f}>{f}</li>)}</ul> : null}
      {head ? <p class="small muted">{head.size} entries up to {moment(head.time)}; root <code title={head.root}>{short(head.root, 16)}…</code>, signed <code title={head.signature}>{short(head.signature, 12)}…</code> by key <code title={head.key}>{short(head.key, 12)}…</code>. Keep the root: with it you can prove later that no entry was removed.</p> : null}
    </div>
  );
}

function Emergencies({ base, person, again }: { base: string; person: Person; again: () => void }) {
  if ((person.emergencies ?? []).length === 0) return null;
  return (
    <section class="stack tight" aria-labelledby="emergencies">
      <h2 id="emergencies">Emergency access</h2>
      {person.emergencies.map((e) => <One key={e.id} base={base} e={e} again={again} />)}
    </section>
  );
}

function One({ base, e, again }: { base: string; e: Person["emergencies"][number]; again: () => void }) {
  const who = useCell(me);
  const [words, say] = useState("");
  const [trouble, fail] = useState("");
  const review = async (event: Event) => {
    event.preventDefault();
    try {
      await api.send(`${base}/emergencies/${encodeURIComponent(e.id)}/review`, { method: "POST", body: { words } });
      announce("Review kept.");
      again();
    } catch (error) {
      fail(error instanceof ApiError ? [error.fault.message, ...error.fault.reasons].join(" ") : "This failed.");
    }
  };
  return (
    <div class="note bad stack tight">
      <p><b>{e.actor}</b> looked in an emergency from {moment(e.at)} to {moment(e.until)}: “{e.reason}”. {e.reviewed ? <span class="tag good"><Icon name="done" />reviewed</span> : <span class="tag warn">not reviewed yet</span>}</p>
      {!e.reviewed && who?.patient === null ? (
        <form class="row end" onSubmit={review}>
          <div class="field grow"><label for={`r-${e.id}`}>Your review: was it right?</label><input id={`r-${e.id}`} class="input" required minLength={4} value={words} onInput={(x) => say(x.currentTarget.value)} /></div>
          <button class="button" type="submit">Keep the review</button>
          {trouble ? <span class="hint bad" role="alert">{trouble}</span> : null}
        </form>
      ) : null}
    </div>
  );
}

function Entries({ entries, more }: { entries: AuditEntry[]; more?: () => void }) {
  const [filter, set] = useState<Filter>("all");
  const [words, find] = useState("");
  const asked = words.trim().toLocaleLowerCase();
  const shown = entries.filter((e) =>
    (filter === "all" || (filter === "refused" ? e.outcome === "refused" : e.emergency)) &&
    (!asked || [e.actor, e.organisation, e.words, e.purpose_words, e.data, e.twin].join(" ").toLocaleLowerCase().includes(asked)));
  if (entries.length === 0) return <Empty icon="eye" title="Nobody has looked yet" />;
  return (
    <section class="stack" aria-labelledby="entries">
      <h2 id="entries" class="unseen">Entries</h2>
      <div class="row">
        <input class="input audit-find" type="search" placeholder="Find a name, purpose or data" aria-label="Find in the log" value={words} onInput={(e) => find(e.currentTarget.value)} />
        <Segmented<Filter> label="Which entries" value={filter} onChoose={set} options={[{ value: "all", words: "All" }, { value: "refused", words: "Refused" }, { value: "emergency", words: "Emergency" }]} />
        <span class="muted small" role="status">{shown.length} of {entries.length}</span>
      </div>
      <ol class="audit" reversed>{[...shown].reverse().map((e) => <Entry key={e.index} e={e} />)}</ol>
      {shown.length === 0 ? <p class="muted">No entry is like this.</p> : null}
      {more ? <div><button class="button" type="button" onClick={more}>Show older entries</button></div> : null}
    </section>
  );
}

function Entry({ e }: { e: AuditEntry }) {
  return (
    <li>
      <time class="muted nowrap" dateTime={e.time}>{moment(e.time)}</time>
      <span><span class={LOOK[e.outcome]}><Icon name={ICON[e.outcome]} />{e.outcome}</span>{e.emergency ? <> <span class="tag bad"><Icon name="warning" />emergency</span></> : null}</span>
      <div>
        <p>{e.words}</p>
        <p class="small muted">{[e.organisation, e.rule ? `Rule: ${e.rule}` : ""].filter(Boolean).join(" · ")}</p>
        {e.outcome === "refused" && e.reasons.length > 0 ? <ul class="bullets small">{e.reasons.map((r) => <li key={r}>{r}</li>)}</ul> : null}
        {e.rule && e.outcome === "refused" ? <p class="small muted">Rule <code>{e.rule}</code></p> : null}
      </div>
    </li>
  );
}
