/** Everything in one file to take along; or everything gone. */
import { useState } from "preact/hooks";
import { api } from "../api";
import { announce } from "../state";
import { Confirm } from "../ui/dialog";
import { Icon } from "../ui/icon";
import { Trouble } from "../ui/states";
import { save } from "./fact_panel";

export function TakeAlong({ patient }: { patient: string }) {
  const base = `/patients/${encodeURIComponent(patient)}`;
  return <div class="two-up"><Export base={base} patient={patient} /><Erase base={base} patient={patient} /></div>;
}

function Export({ base, patient }: { base: string; patient: string }) {
  const [busy, work] = useState(false);
  const [done, finish] = useState("");
  const [trouble, fail] = useState<unknown>(null);
  const take = async () => {
    work(true);
    fail(null);
    try {
      const { blob, name } = await api.blob(`${base}/export`, { method: "POST" });
      const called = name === "download" ? `bodytwin-${patient.slice(0, 8)}.zip` : name;
      save(blob, called);
      finish(`${called}, ${(blob.size / 1e6).toFixed(blob.size < 1e6 ? 2 : 1)}\u00a0MB`);
      announce("The file is ready.");
    } catch (error) {
      fail(error);
    } finally {
      work(false);
    }
  };
  return (
    <section class="panel stack" aria-labelledby="take">
      <h2 id="take">Take along</h2>
      <p>One ZIP file with everything that is held:</p>
      <ul class="bullets">
        <li>the files as they came, byte for byte;</li>
        <li>the record that was read from them, with where each fact comes from;</li>
        <li>personalised models, forecasts and their scores;</li>
        <li>consents, and the log of who looked and why.</li>
      </ul>
      <p class="muted">The file is not encrypted once it is on your device. Keep it as you would keep the record itself.</p>
      <div><button class="button main" type="button" disabled={busy} onClick={take}><Icon name="down" />{busy ? "Packing …" : "Download everything"}</button></div>
      {done ? <p role="status" class="note good">{done}</p> : null}
      {trouble ? <Trouble error={trouble} patient={patient} /> : null}
    </section>
  );
}

function Erase({ base, patient }: { base: string; patient: string }) {
  const [asking, ask] = useState(false);
  const [typed, type] = useState("");
  const [gone, done] = useState<{ stale: number } | null>(null);
  const [trouble, fail] = useState<unknown>(null);
  const close = () => { ask(false); type(""); };
  const erase = async () => {
    close();
    fail(null);
    try {
      done((await api.send(`${base}/erase`, { method: "POST", body: { confirm: "erase" } })) as { stale: number });
      announce("Erased.");
    } catch (error) {
      fail(error);
    }
  };
  if (gone) {
    return (
      <section class="panel stack" role="status">
        <h2>Erased</h2>
        <p>The key of this record is destroyed; nobody can read it any more.{gone.stale > 0 ? ` ${gone.stale} results that had learned from it are marked as out of date.` : ""}</p>
        <p><a href="#/patients">All patients</a></p>
      </section>
    );
  }
  return (
    <section class="panel stack" aria-labelledby="erase">
      <h2 id="erase">Erase</h2>
      <p>What happens:</p>
      <ul class="bullets">
        <li>The key that opens this record is destroyed. Record, originals, models and forecasts cannot be read again, in backups neither.</li>
        <li>Results that learned from this record together with others are marked as out of date.</li>
        <li>The log keeps that there was an erasure, and by whom; not what was in the record.</li>
        <li>Files that were taken along before are not touched.</li>
      </ul>
      <p class="muted">It cannot be undone, by anyone. Take the record along first if it is needed elsewhere; the law may oblige your clinic to keep its own record.</p>
      <div><button class="button danger" type="button" onClick={() => ask(true)}><Icon name="bin" />Erase this record …</button></div>
      {trouble ? <Trouble error={trouble} patient={patient} /> : null}
      {asking ? (
        <Confirm title="Erase this record for good?" yes="Erase for good" danger ready={typed.trim().toLowerCase() === "erase"} onYes={erase} onNo={close}>
          <p>Of patient <code>{patient}</code>. This cannot be undone.</p>
          <div class="field"><label for="typed">Type <b>erase</b> to go on</label><input id="typed" class="input" autoComplete="off" value={typed} onInput={(e) => type(e.currentTarget.value)} /></div>
        </Confirm>
      ) : null}
    </section>
  );
}
