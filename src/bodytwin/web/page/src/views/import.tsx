/** Files in: by drop or by button; then what was read, held back, and not understood. */
import { useEffect, useRef, useState } from "preact/hooks";
import { api, ApiError } from "../api";
import { count, short } from "../format";
import { link } from "../route";
import type { Fault, Took } from "../shapes";
import { announce } from "../state";
import { Icon } from "../ui/icon";

type Outcome = { name: string; took: Took } | { name: string; fault: Fault };

/** The head of the list of patients: its title, the button, and where files are dropped. */
export function Import({ again, open }: { again: () => void; open: boolean }) {
  const [over, hover] = useState(false);
  const [busy, work] = useState("");
  const [said, say] = useState<Outcome[]>([]);
  const input = useRef<HTMLInputElement>(null);
  const take = async (files: readonly File[]) => {
    const outcomes: Outcome[] = [];
    for (const one of pairs(files)) {
      work(one.file.name);
      outcomes.push(...(await send(one)));
      say([...outcomes]);
    }
    work("");
    announce(`${outcomes.length} files taken.`);
    if (outcomes.some((o) => "took" in o && o.took.new > 0)) again();
  };
  useEffect(() => dropping(hover, (files) => { void take(files); }), []);
  return (
    <section class="stack" aria-label="Import">
      <div class="row">
        <h1 class="grow">Patients</h1>
        <button class="button" type="button" disabled={busy !== ""} onClick={() => input.current?.click()}><Icon name="up" />Import files</button>
        <input ref={input} class="unseen" type="file" multiple tabIndex={-1} aria-label="Files to import" onChange={(e) => { void take([...(e.currentTarget.files ?? [])]); e.currentTarget.value = ""; }} />
      </div>
      {open || over ? <div class={over ? "drop over" : "drop"}>
        <p>Drop FHIR bundles (<code>.json</code>, <code>.ndjson</code>) or tables (<code>.csv</code>, <code>.parquet</code>, each with its <code>.toml</code> that says what the columns mean). A file is read whole or not at all; reading it again adds nothing.</p>
      </div> : null}
      {busy ? <p role="status" class="muted">Reading {busy} …</p> : null}
      {said.length > 0 ? <ul class="taken">{said.map((o, i) => <Told key={i} o={o} />)}</ul> : null}
    </section>
  );
}

/** Files may be dropped anywhere on the page. */
function dropping(hover: (over: boolean) => void, take: (files: File[]) => void): () => void {
  const over = (e: DragEvent) => {
    if (!e.dataTransfer?.types.includes("Files")) return;
    e.preventDefault();
    hover(true);
  };
  const leave = (e: DragEvent) => e.relatedTarget === null && hover(false);
  const drop = (e: DragEvent) => {
    e.preventDefault();
    hover(false);
    take([...(e.dataTransfer?.files ?? [])]);
  };
  addEventListener("dragover", over);
  addEventListener("dragleave", leave);
  addEventListener("drop", drop);
  return () => {
    removeEventListener("dragover", over);
    removeEventListener("dragleave", leave);
    removeEventListener("drop", drop);
  };
}

interface Pair { file: File; mapping: File | null }

function pairs(files: readonly File[]): Pair[] {
  const stem = (f: File) => f.name.replace(/\.[^.]+$/, "");
  const maps = files.filter((f) => f.name.endsWith(".toml"));
  const rest = files.filter((f) => !f.name.endsWith(".toml"));
  return rest.map((file) => {
    const mapping = maps.find((m) => stem(m) === stem(file)) ?? (rest.length === 1 ? maps[0] : undefined);
    return { file, mapping: mapping ?? null };
  });
}

async function send({ file, mapping }: Pair): Promise<Outcome[]> {
  const path = `/import?name=${encodeURIComponent(file.name)}`;
  try {
    const answer = (await api.send(path, mapping
      ? { method: "POST", body: { name: file.name, data_base64: await base64(file), mapping_base64: await base64(mapping) } }
      : { method: "POST", raw: await file.arrayBuffer() })) as { files: Took[] };
    return answer.files.map((took) => ({ name: file.name, took }));
  } catch (error) {
    const fault = error instanceof ApiError ? error.fault : { kind: "Page", message: "The file could not be read here.", reasons: [] };
    return [{ name: file.name, fault }];
  }
}

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

function Told({ o }: { o: Outcome }) {
  if ("fault" in o) {
    return (
      <li class="bad">
        <h3>{o.name}: not taken</h3>
        <p>{o.fault.message}</p>
        {o.fault.reasons.length > 0 ? <ul class="bullets small">{o.fault.reasons.map((r) => <li key={r}>{r}</li>)}</ul> : null}
      </li>
    );
  }
  const { took } = o;
  const unread = Object.entries(took.not_read);
  const held = took.held_back.map((h) => (typeof h === "string" ? h : JSON.stringify(h)));
  return (
    <li class={held.length > 0 ? "warn" : ""}>
      <h3>{o.name}</h3>
      <p>
        {count(took.new, "new fact")}, {took.known} known already, of {took.patients.length === 1 && took.patients[0]
          ? <a href={link(took.patients[0])}>one patient</a> : count(took.patients.length, "patient")}.{" "}
        <span class="muted small">Reader {took.reader}, file <code>{short(took.sha256)}</code></span>
      </p>
      {held.length > 0 ? <><p><span class="tag warn">Held back</span></p><ul class="bullets small">{held.map((h) => <li key={h}>{h}</li>)}</ul></> : null}
      {unread.length > 0 ? <p class="small"><span class="muted">Not understood, so left out: </span>{unread.map(([what, n]) => `${what} (${n})`).join(", ")}.</p> : null}
      {took.remarks.map((r) => <p key={r} class="small muted">{r}</p>)}
    </li>
  );
}
