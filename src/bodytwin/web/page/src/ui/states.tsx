/** Empty, loading, refused, failed: every view says which, and what to do. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { api, ApiError, Stopped } from "../api";
import { announce, me, purpose, useCell } from "../state";
import { moment } from "../format";
import { Icon, type IconName } from "./icon";

/** HL7 v3 PurposeOfUse: break the glass. */
const BREAK_GLASS = "BTG";

export function Empty({ icon = "empty", title, children }: { icon?: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="state empty">
      <span class="mark"><Icon name={icon} /></span>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Loading({ what, rows = 5, tall = false }: { what: string; rows?: number; tall?: boolean }) {
  return (
    <div class="skeleton" role="status" aria-label={`Loading ${what}`}>
      {tall ? <i class="tall" /> : null}
      {Array.from({ length: rows }, (_, i) => <i key={i} />)}
    </div>
  );
}

/** Whatever went wrong, in the right words. */
export function Trouble({ error, again, patient }: { error: unknown; again?: () => void; patient?: string }) {
  if (error instanceof Stopped) return <p class="note" role="status">Stopped. Nothing was kept.</p>;
  if (error instanceof ApiError && error.refused) {
    return <Refused error={error} {...(again ? { again } : {})} {...(patient ? { patient } : {})} />;
  }
  return <Failed error={error} {...(again ? { again } : {})} />;
}

function Failed({ error, again }: { error: unknown; again?: () => void }) {
  const fault = error instanceof ApiError ? error.fault : { message: "The page itself failed.", reasons: [], kind: "Page" };
  const status = error instanceof ApiError ? error.status : -1;
  const titles: Record<number, string> = {
    0: "No connection", 400: "This was not understood", 404: "Nothing of this name", 409: "Something else came first",
    413: "Too large", 429: "Too many requests",
  };
  return (
    <div class="state failed" role="alert">
      <span class="mark"><Icon name="warning" /></span>
      <h2>{titles[status] ?? "This failed"}</h2>
      <p>{fault.message}</p>
      <Reasons reasons={fault.reasons} unless={fault.message} />
      {status === 404 ? <p class="muted">It does not exist, or you may not know that it does. The answer is the same for both.</p> : null}
      {again ? <button class="button" type="button" onClick={again}><Icon name="retry" />Try again</button> : null}
    </div>
  );
}

function Refused({ error, again, patient }: { error: ApiError; again?: () => void; patient?: string }) {
  const consent = /Consent/.test(error.fault.kind);
  return (
    <div class="state refused" role="alert">
      <span class="mark"><Icon name="shield" /></span>
      <h2>{consent ? "You may not see this" : "bodytwin will not compute this"}</h2>
      <p>{error.fault.message}</p>
      <Reasons reasons={error.fault.reasons} unless={error.fault.message} />
      {error.fault.rule ? <p class="small muted">Rule: <code>{error.fault.rule}</code></p> : null}
      {consent ? <WhatNow {...(patient ? { patient } : {})} /> : <p class="muted">A refusal is an answer: the model does not hold for this patient or this question. Its reasons are listed above.</p>}
      <div class="row">
        {again ? <button class="button" type="button" onClick={again}><Icon name="retry" />Ask again</button> : null}
        {consent && patient ? <BreakGlass patient={patient} {...(again ? { again } : {})} /> : null}
      </div>
    </div>
  );
}

export function Reasons({ reasons, unless }: { reasons: string[]; unless?: string }) {
  const said = reasons.filter((r) => r !== unless);
  if (said.length === 0) return null;
  return <ul class="bullets">{said.map((r) => <li key={r}>{r}</li>)}</ul>;
}

function WhatNow({ patient }: { patient?: string }) {
  const who = useCell(me);
  const other = (who?.purposes.length ?? 0) > 1;
  const own = who?.patient !== null && who?.patient === patient;
  return (
    <div>
      <h3>What you can do</h3>
      <ul class="bullets">
        {other ? <li>If you look for another reason, choose it under “You are looking for” at the top. The reason is kept in the log.</li> : null}
        {own ? <li>Your own choices are under Consent.</li> : <li>Ask the patient. Their leave is given, limited and withdrawn under Consent.</li>}
        <li>This refusal is in the log, under “Who looked and why”.</li>
      </ul>
    </div>
  );
}

function BreakGlass({ patient, again }: { patient: string; again?: () => void }) {
  const who = useCell(me);
  const [open, show] = useState(false);
  const [reason, say] = useState("");
  const [trouble, fail] = useState<string>("");
  if (who?.actor.role.toLowerCase() !== "clinician") return null;
  const enter = async (event: Event) => {
    event.preventDefault();
    try {
      const given = (await api.send(`/patients/${encodeURIComponent(patient)}/emergency`, { method: "POST", body: { reason }, purpose: BREAK_GLASS })) as { until: string };
      announce(`Emergency access until ${moment(given.until)} UTC.`);
      const btg = who.purposes.find((p) => p.code === BREAK_GLASS);
      if (btg) purpose.value = btg.code;
      again?.();
    } catch (error) {
      fail(error instanceof ApiError ? error.fault.message : "This failed.");
    }
  };
  if (!open) return <button class="button danger" type="button" onClick={() => show(true)}>This is an emergency …</button>;
  return (
    <form class="stack tight" onSubmit={enter}>
      <div class="field">
        <label for="why">Why must you look now? The patient is told, and a second person reviews it.</label>
        <textarea id="why" class="input" rows={2} required minLength={8} value={reason} onInput={(e) => say(e.currentTarget.value)} />
        {trouble ? <span class="hint bad" role="alert">{trouble}</span> : null}
      </div>
      <button class="button danger" type="submit" disabled={reason.trim().length < 8}>Look for one hour</button>
    </form>
  );
}
