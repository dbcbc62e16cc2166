/** The heart: look at it, stimulate it, try an ablation, stimulate again. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api } from "../api";
import { announce } from "../state";
import { Busy, useWork } from "../ui/job";
import { useLoad } from "../ui/load";
import { Loading, Trouble } from "../ui/states";
import { EcgPicture } from "./ecg";
import { sceneOn, type Body, type Mark, type Point, type Scene } from "./scene";
import { share, unpacked, type Guess, type HeartHeader, type Lesion, type Screened, type Searched } from "./shapes";

interface Asking { lesions: Lesion[]; drug: { name: string; multiple: number } | null }

export interface Look { colours: string; still: boolean }

export function HeartView({ patient, look }: { patient: string; look: Look }) {
  const base = `/patients/${encodeURIComponent(patient)}/heart`;
  const [header, again] = useLoad<HeartHeader>(base);
  const [body, set] = useState<Body | null>(null);
  const [error, fail] = useState<unknown>(null);
  useEffect(() => {
    const stop = new AbortController();
    const get = (name: string) => api.bytes(`${base}/arrays/${name}`, stop.signal);
    Promise.all([get("vertices"), get("triangles"), get("tissue")]).then(
      ([v, t, k]) => set({ vertices: new Float32Array(v), triangles: new Uint32Array(t), tissue: new Uint8Array(k) }),
      (e: unknown) => !stop.signal.aborted && fail(e),
    );
    return () => stop.abort();
  }, [base]);
  if (header.is === "trouble") return <Trouble error={header.error} again={again} patient={patient} />;
  if (error) return <Trouble error={error} patient={patient} />;
  if (header.is !== "here" || !body) return <Loading what="the heart" tall rows={1} />;
  return <Bench base={base} patient={patient} header={header.value} body={body} look={look} />;
}

interface BenchProps { base: string; patient: string; header: HeartHeader; body: Body; look: Look }

function Bench({ base, patient, header, body, look }: BenchProps) {
  const [before, setBefore] = useState<Screened | null>(null);
  const [after, setAfter] = useState<Screened | null>(null);
  const [said, say] = useState("");
  const [lesions, setLesions] = useState<Lesion[]>([]);
  const [radius, setRadius] = useState(5);
  const [drug, setDrug] = useState("");
  const [line, setLine] = useState(false);
  const [draws, setDraws] = useState(1);
  const asked = (): Asking => ({ lesions, drug: drug ? { name: drug, multiple: 1 } : null });
  const treated = lesions.length > 0 || drug !== "";
  const first = useWork<Screened>((found) => {
    setBefore(found);
    announce(`A tachycardia can be induced in ${share(found)} of hearts.`);
  });
  const second = useWork<Screened>((found) => {
    setAfter(found);
    announce(`After treatment: ${share(found)}.`);
  });
  const search = useWork<Searched>((found) => {
    setBefore({ ...found.before, ...(before?.control ? { control: before.control } : {}) });
    setAfter(found.after);
    setLesions(found.lesions);
    say(found.words);
    announce(found.words);
  });
  const guess = useGuess(base, asked, `${JSON.stringify(lesions)} ${drug}`, treated);
  const place = (vertex: number) => {
    setAfter(null);
    setLesions((all) => {
      const last = all[all.length - 1];
      if (line && last) return [...all.slice(0, -1), { ...last, vertices: [...last.vertices, vertex] }];
      return [...all, { vertices: [vertex], radius_mm: radius }];
    });
  };
  const busy = first.progress ?? second.progress ?? search.progress;
  const stop = () => [first, second, search].forEach((w) => w.progress && w.stop());
  const shown = after?.circuits.length ? after : before;
  const trouble = first.error ?? second.error ?? search.error;
  return (
    <div class="heart">
      <div class="heart-body">
        <div class="stack">
          <Picture look={look} header={header} body={body} screened={shown} before={before} lesions={lesions} place={place} />
          <Volumes header={header} />
          {shown?.circuits[0] ? <EcgPicture ecg={shown.circuits[0].ecg} /> : null}
        </div>
        <div class="stack heart-side">
          <section class="stack tight" aria-labelledby="heart-test">
            <h2 id="heart-test">Can a tachycardia be induced?</h2>
            {before ? <p class="heart-answer">In <b>{share(before)}</b> of {before.draws} {before.draws === 1 ? "heart" : "hearts"}</p> : <p class="muted">Early beats from each of {header.sites.length} sites, as in the laboratory.</p>}
            {before?.circuits.map((c) => <p key={c.id}>{c.words} Cycle {Math.round(c.cycle_length_ms)} ms ({Math.round(c.low)} to {Math.round(c.high)}).</p>)}
            {before?.control ? <p class="small muted">{before.control.words}</p> : null}
            {busy ? <Busy progress={busy} onStop={stop} /> : (
              <div class="stack tight">
                <div class="field">
                  <label for="heart-draws">Hearts drawn from what is known</label>
                  <select id="heart-draws" class="input" value={draws} onChange={(e) => setDraws(Number(e.currentTarget.value))}>
                    {[[1, "1, the most usual"], [4, "4"], [12, "12, a narrower interval"]].map(([n, words]) => <option key={n} value={n}>{words}</option>)}
                  </select>
                </div>
                <button class={before ? "button" : "button main"} type="button" onClick={() => first.start(`${base}/screen`, { draws })}>Stimulate from every site</button>
                <button class="button" type="button" onClick={() => search.start(`${base}/search`, { draws, radius_mm: radius })}>Find the smallest set of lesions</button>
              </div>
            )}
            {trouble ? <Trouble error={trouble} patient={patient} /> : null}
          </section>
          <section class="stack tight" aria-labelledby="heart-try">
            <h2 id="heart-try">Try an ablation or a drug</h2>
            <p class="muted small">Click on the heart to burn there; drag to turn it. Lesions are made on the inner or outer surface.</p>
            <label class="organ-control" for="heart-radius"><span>Radius of the next lesion: {radius} mm</span><input id="heart-radius" type="range" min={2} max={8} step={0.5} value={radius} onInput={(e) => setRadius(Number(e.currentTarget.value))} /></label>
            <label class="row"><input type="checkbox" checked={line} onChange={(e) => setLine(e.currentTarget.checked)} /> Join clicks to a line</label>
            <Lesions lesions={lesions} set={(next) => { setLesions(next); setAfter(null); say(""); }} />
            <div class="field">
              <label for="heart-drug">Drug</label>
              <select id="heart-drug" class="input" value={drug} onChange={(e) => { setDrug(e.currentTarget.value); setAfter(null); }}>
                <option value="">none</option>
                {header.drugs.map((d) => <option key={d.name} value={d.name}>{d.name}</option>)}
              </select>
              <span class="hint">{header.drugs.find((d) => d.name === drug)?.words}</span>
            </div>
            {guess ? <Quick guess={guess} base={base} patient={patient} /> : null}
            {said ? <p>{said}</p> : null}
            {after ? <p class="heart-answer">After: <b>{share(after)}</b></p> : null}
            <button class="button main" type="button" disabled={!treated || busy !== null} onClick={() => second.start(`${base}/screen`, { ...asked(), draws })}>Try again from all sites</button>
          </section>
        </div>
      </div>
      {before ? <Sites before={before} after={after} /> : null}
      {before ? <ul class="bullets small muted">{[before.based_on, ...before.remarks].map((r) => <li key={r}>{r}</li>)}</ul> : null}
    </div>
  );
}

interface PictureProps { look: Look; header: HeartHeader; body: Body; screened: Screened | null; before: Screened | null; lesions: Lesion[]; place: (vertex: number) => void }

function Picture({ look, header, body, screened, before, lesions, place }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scene = useRef<Scene | null>(null);
  const act = useRef(place);
  act.current = place;
  const { colours } = look;
  const [flat, isFlat] = useState(false);
  const [running, run] = useState(!look.still);
  const circuit = screened?.circuits[0] ?? null;
  useEffect(() => {
    if (!canvas.current) return;
    scene.current = sceneOn(canvas.current, body, (v) => act.current(v));
    isFlat(scene.current === null);
    const scar = wounded(body);
    if (scar) scene.current?.face(scar);
    return () => scene.current?.destroy();
  }, [body]);
  const marks = useMemo(() => marksOf(header, body, before, lesions), [header, body, before, lesions, colours]);
  useEffect(() => scene.current?.marks(marks), [marks]);
  useEffect(() => {
    const found = circuit ? { lat: unpacked(circuit.arrays.lat), cycle: circuit.cycle_length_ms, path: circuit.path_mm } : null;
    scene.current?.wave(found);
    if (found?.path.length) scene.current?.face(middle(found.path));
  }, [circuit, colours]);
  useEffect(() => scene.current?.play(running), [running, circuit]);
  const press = (event: KeyboardEvent) => {
    const step: [number, number] | undefined = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, 0.15], ArrowDown: [0, -0.15] }[event.key] as [number, number] | undefined;
    if (!step) return;
    scene.current?.turn(...step);
    event.preventDefault();
  };
  return (
    <div class="heart-stage">
      <canvas ref={canvas} tabIndex={0} role="application" aria-label="The heart. Arrow keys turn it; a click places a lesion." onKeyDown={press} />
      {circuit ? <button class="button" type="button" onClick={() => run(!running)}>{running ? "Pause" : "Play"}</button> : null}
      {flat ? <p class="small muted">This browser has no WebGL: the heart cannot be drawn. The table below says the same.</p> : null}
    </div>
  );
}

/** The middle of scar and border zone. */
function wounded(body: Body): Point | null {
  const sum: Point = [0, 0, 0];
  let many = 0;
  body.tissue.forEach((kind, v) => {
    if (kind !== 1 && kind !== 2) return;
    many += 1;
    for (let k = 0; k < 3; k++) sum[k]! += body.vertices[3 * v + k]!;
  });
  return many ? (sum.map((v) => v / many) as Point) : null;
}

function middle(path: Point[]): Point {
  return [0, 1, 2].map((k) => path.reduce((sum, p) => sum + p[k]!, 0) / path.length) as Point;
}

function marksOf(header: HeartHeader, body: Body, before: Screened | null, lesions: Lesion[]): Mark[] {
  const induced = new Set(before?.sites.filter((s) => s.probability > 0).map((s) => s.site));
  const sites = header.sites.map((s): Mark => ({ at: s.position_mm, colour: !before ? "--muted" : induced.has(s.name) ? "--harm" : "--aim", wide: induced.has(s.name) ? 14 : 9 }));
  const at = (v: number): Point => [0, 1, 2].map((k) => body.vertices[3 * v + k]!) as Point;
  return [...sites, ...lesions.flatMap((l) => l.vertices.map((v): Mark => ({ at: at(v), colour: "--seen", wide: 3 * l.radius_mm })))];
}

function Volumes({ header }: { header: HeartHeader }) {
  const key: [string, string][] = [["muscle", "healthy"], ["border", "border"], ["scar", "scar"]];
  return (
    <ul class="heart-key">
      {key.map(([colour, name]) => <li key={name}><i style={{ background: `var(--heart-${colour})` }} />{name === "healthy" ? "healthy muscle" : name === "border" ? "border zone" : name} {header.volumes_ml[name]} mL</li>)}
      <li><i style={{ background: "var(--heart-wave)" }} />wave, lines every 40 ms</li>
      <li><i class="large" style={{ background: "var(--harm)" }} />site that induces</li>
      <li><i style={{ background: "var(--aim)" }} />site that does not</li>
      <li><i style={{ background: "var(--seen)" }} />lesion</li>
    </ul>
  );
}

function Lesions({ lesions, set }: { lesions: Lesion[]; set: (next: Lesion[]) => void }) {
  if (lesions.length === 0) return <p class="small muted">No lesion yet.</p>;
  return (
    <div class="stack tight">
      <ol class="heart-lesions">
        {lesions.map((l, i) => (
          <li key={i}>
            <span class="grow">{l.vertices.length === 1 ? "Point" : `Line of ${l.vertices.length}`}, {l.radius_mm} mm</span>
            <button class="button plain small" type="button" aria-label={`Remove lesion ${i + 1}`} onClick={() => set(lesions.filter((_, j) => j !== i))}>Remove</button>
          </li>
        ))}
      </ol>
      <button class="button plain small heart-all" type="button" onClick={() => set([])}>Remove all</button>
    </div>
  );
}

function Quick({ guess, base, patient }: { guess: Guess; base: string; patient: string }) {
  const learn = useWork<unknown>(() => announce("Learned."));
  return (
    <div class="heart-quick">
      <b>Quick answer: </b>
      {guess.trusted ? share({ probability: guess.probability!, low: guess.low!, high: guess.high! }) : "none"}
      <p class="small muted">{guess.words}</p>
      {learn.progress ? <Busy progress={learn.progress} onStop={learn.stop} /> : guess.trusted ? null : <button class="button small" type="button" onClick={() => learn.start(`${base}/learn`, { draws: 1 })}>Learn this heart</button>}
      {learn.error ? <Trouble error={learn.error} patient={patient} /> : null}
    </div>
  );
}

function useGuess(base: string, asked: () => Asking, key: string, on: boolean): Guess | null {
  const [found, set] = useState<Guess | null>(null);
  useEffect(() => {
    if (!on) return set(null);
    const stop = new AbortController();
    const wait = setTimeout(() => {
      api.send(`${base}/explore`, { method: "POST", body: asked(), signal: stop.signal }).then(
        (g: Guess) => !stop.signal.aborted && set(g),
        () => !stop.signal.aborted && set(null),
      );
    }, 250);
    return () => {
      clearTimeout(wait);
      stop.abort();
    };
  }, [base, key, on]);
  return found;
}

function Sites({ before, after }: { before: Screened; after: Screened | null }) {
  const later = new Map(after?.sites.map((s) => [s.site, s]));
  const ms = (v: number | null) => (v === null ? "" : Math.round(v));
  return (
    <section aria-labelledby="heart-sites">
      <h2 id="heart-sites">From which sites</h2>
      <div class="scroll" tabIndex={0}>
        <table class="table">
          <thead><tr><th>Site</th><th>Inducible</th>{after ? <th>After</th> : null}<th class="num">S2, S3, S4 (ms)</th><th class="num">Refractory (ms)</th><th class="num">Cycle (ms)</th></tr></thead>
          <tbody>
            {before.sites.map((s) => (
              <tr key={s.site}>
                <td>{s.site}</td>
                <td class={s.probability > 0 ? "heart-yes" : ""}>{s.outcome === "no capture" ? "no capture" : share(s)}</td>
                {after ? <td class={(later.get(s.site)?.probability ?? 0) > 0 ? "heart-yes" : ""}>{later.has(s.site) ? share(later.get(s.site)!) : ""}</td> : null}
                <td class="num">{s.coupling_intervals_ms.map(Math.round).join(" ")}</td>
                <td class="num">{ms(s.erp_ms)}</td>
                <td class="num">{ms(s.cycle_length_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
