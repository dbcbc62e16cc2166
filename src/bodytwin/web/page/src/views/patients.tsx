/** Everyone that may be seen, found by typing; and the way in for files. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { age, capital, count, span } from "../format";
import { link } from "../route";
import { api } from "../api";
import type { PatientRow } from "../shapes";
import { purpose, useCell } from "../state";
import { Empty, Loading, Trouble } from "../ui/states";
import { Import } from "./import";

/** Rows drawn at first; searching looks at all. */
const MOST = 500;

interface Page { patients: PatientRow[]; next: string | null }

export function Patients() {
  const why = useCell(purpose);
  const [rows, set] = useState<PatientRow[] | null>(null);
  const [more, setMore] = useState<string | null>(null);
  const [error, fail] = useState<unknown>(null);
  const [turn, next] = useState(0);
  const load = async (after: string | null): Promise<void> => {
    const page = (await api.get(`/patients?limit=${MOST}${after ? `&after=${encodeURIComponent(after)}` : ""}`)) as Page;
    set((was) => (after && was ? [...was, ...page.patients] : page.patients));
    setMore(page.next);
  };
  useEffect(() => {
    fail(null);
    document.title = "Patients · bodytwin";
    load(null).catch(fail);
  }, [why, turn]);
  const again = () => next((n) => n + 1);
  return (
    <>
      <Import again={again} open={rows?.length === 0} />
      {error ? <Trouble error={error} again={again} />
        : rows === null ? <Loading what="patients" rows={8} />
          : <Found rows={rows} {...(more ? { more: () => { load(more).catch(fail); } } : {})} />}
    </>
  );
}

function Found({ rows, more }: { rows: PatientRow[]; more?: () => void }) {
  const [words, type] = useState("");
  const [shown, show] = useState(MOST);
  const box = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLTableSectionElement>(null);
  const found = useMemo(() => matching(rows, words), [rows, words]);
  useEffect(() => slash(box), []);
  useEffect(() => {
    if (words) more?.();
  }, [words !== "", rows.length]);
  const move = (event: KeyboardEvent) => arrow(event, list.current, box.current);
  if (rows.length === 0) {
    return <Empty title="Nobody yet"><p class="muted">Import a FHIR bundle or a table above; or run <code>bodytwin demo</code> for real patients to try.</p></Empty>;
  }
  return (
    <div onKeyDown={move}>
      <div class="find">
        <input ref={box} class="input" type="search" placeholder="Find by name, pseudonym or year of birth" aria-label="Find a patient" value={words} onInput={(e) => type(e.currentTarget.value)} />
        <span class="muted" role="status">{words ? `${found.length} of ${rows.length}` : count(rows.length, "patient")}</span>
      </div>
      {found.length === 0 ? <Empty icon="search" title={`Nobody matches “${words}”`}><button class="button" type="button" onClick={() => type("")}>Show everyone</button></Empty> : (
        <table class="people">
          <caption class="unseen">Patients. Arrow keys move between them, Enter opens one.</caption>
          <thead><tr><th scope="col">Name or pseudonym</th><th scope="col">Sex, age</th><th scope="col">Held</th><th scope="col">First to last</th></tr></thead>
          <tbody ref={list}>{found.slice(0, shown).map((p) => <Person key={p.patient} p={p} />)}</tbody>
        </table>
      )}
      {more || found.length > shown ? <p><button class="button" type="button" onClick={() => { show(shown + MOST); more?.(); }}>Show more</button></p> : null}
    </div>
  );
}

function Person({ p }: { p: PatientRow }) {
  return (
    <tr>
      <td class="name"><a href={link(p.patient)}>{p.name ?? <span class="mono">{p.patient}</span>}</a></td>
      <td class="sexage">{sexAge(p.sex, p.birth_date) || <span class="muted">not known</span>}</td>
      <td class="held">{held(p)}</td>
      <td class="when nowrap">{span(p.first, p.last)}</td>
    </tr>
  );
}

export function sexAge(sex: string | null, birth: string | null): string {
  const known = sex && sex !== "unknown" ? capital(sex) : "";
  return [known, age(birth)].filter(Boolean).join(", ");
}

function held(p: PatientRow): string {
  const parts = [
    p.observations > 0 ? count(p.observations, "measurement") : "",
    p.treatments > 0 ? count(p.treatments, "dose") : "",
    p.covariates > 0 ? count(p.covariates, "other fact") : "",
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(", ") : "nothing yet";
}

function matching(rows: PatientRow[], words: string): PatientRow[] {
  const asked = words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (asked.length === 0) return rows;
  return rows.filter((p) => {
    const text = `${p.name ?? ""} ${p.patient} ${p.birth_date ?? ""} ${p.sex ?? ""}`.toLocaleLowerCase();
    return asked.every((w) => text.includes(w));
  });
}

function arrow(event: KeyboardEvent, list: HTMLElement | null, box: HTMLElement | null): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0 || !list) return;
  const links = [...list.querySelectorAll<HTMLElement>("a")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  event.preventDefault();
  (links[at + step] ?? (at + step < 0 ? box : links[links.length - 1]))?.focus();
}

function slash(box: { current: HTMLInputElement | null }): () => void {
  const press = (event: KeyboardEvent) => {
    const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    box.current?.focus();
  };
  addEventListener("keydown", press);
  return () => removeEventListener("keydown", press);
}

