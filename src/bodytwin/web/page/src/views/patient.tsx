/** One patient: who it is, and the tabs. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import { moment } from "../format";
import { link, TABS, type Tab } from "../route";
import type { Person } from "../shapes";
import { useLoad } from "../ui/load";
import { Loading, Trouble } from "../ui/states";
import { Icon } from "../ui/icon";
import { AuditView } from "./audit";
import { ConsentView } from "./consent";
import { Heart, Live, Organ } from "./modules";
import { sexAge } from "./patients";
import { TakeAlong } from "./take_along";
import { TimelineView } from "./timeline";
import { Twins } from "./twins";

const WORDS: Record<Tab, string> = {
  timeline: "Timeline", twins: "Twins", heart: "Heart", organ: "Organ", live: "Live",
  audit: "Who looked and why", consent: "Consent", "take-along": "Take along or erase",
};

export function Patient({ patient, tab }: { patient: string; tab: Tab }) {
  const [found, again] = useLoad<Person>(`/patients/${encodeURIComponent(patient)}`);
  const said = found.is === "here" ? found.value : found.is === "loading" ? found.before : undefined;
  const person = useMemo(() => (said ? whole(said) : undefined), [said]);
  useEffect(() => {
    document.title = `${WORDS[tab]} · ${person?.name ?? patient} · bodytwin`;
  }, [tab, person, patient]);
  return (
    <>
      <Head patient={patient} person={person ?? null} />
      <Tabs patient={patient} tab={tab} />
      <section id="tabpanel" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={-1}>
        <Shown patient={patient} tab={tab} person={person ?? null} error={found.is === "trouble" ? found.error : null} again={again} />
      </section>
    </>
  );
}

/** What an older server leaves out counts as none. */
function whole(p: Person): Person {
  return { ...p, subjects: p.subjects ?? [], latest: p.latest ?? [], fields: p.fields ?? [], hearts: p.hearts ?? [], emergencies: p.emergencies ?? [] };
}

function Head({ patient, person }: { patient: string; person: Person | null }) {
  const now = (person?.emergencies ?? []).filter((e) => Date.parse(e.until) > Date.now());
  return (
    <header class="person">
      <nav class="crumb" aria-label="Where you are"><a href="#/patients">Patients</a></nav>
      <div>
        <h1>{person?.name ?? "Patient"}</h1>
        <span class="mono muted" title="Pseudonym">{patient}</span>
      </div>
      <div class="about">
        {person ? <span>{sexAge(person.sex, person.birth_date) || "Sex and age not known"}</span> : null}
        {now.map((e) => <span key={e.id} class="tag bad"><Icon name="warning" />Emergency access until {moment(e.until)}</span>)}
      </div>
    </header>
  );
}

function Tabs({ patient, tab }: { patient: string; tab: Tab }) {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    bar.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [tab]);
  const press = (event: KeyboardEvent) => {
    const at = TABS.indexOf(tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = TABS[(to + TABS.length) % TABS.length]!;
    location.hash = link(patient, next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div ref={bar} class="tabs" role="tablist" aria-label="Views of this patient" onKeyDown={press}>
      {TABS.map((t) => (
        <a key={t} id={`tab-${t}`} role="tab" href={link(patient, t)} aria-selected={t === tab ? "true" : "false"} aria-controls="tabpanel" tabIndex={t === tab ? 0 : -1}>{WORDS[t]}</a>
      ))}
    </div>
  );
}

interface Showing { patient: string; tab: Tab; person: Person | null; error: unknown; again: () => void }

function Shown({ patient, tab, person, error, again }: Showing) {
  if (tab === "audit") return <AuditView patient={patient} />;
  if (tab === "consent") return <ConsentView patient={patient} />;
  if (tab === "take-along") return <TakeAlong patient={patient} />;
  if (error) return <Trouble error={error} again={again} patient={patient} />;
  if (!person) return <Loading what="the patient" />;
  if (tab === "timeline") return <TimelineView patient={patient} />;
  if (tab === "twins") return <Twins person={person} again={again} />;
  if (tab === "heart") return <Heart person={person} />;
  if (tab === "organ") return <Organ person={person} />;
  return <Live person={person} />;
}
