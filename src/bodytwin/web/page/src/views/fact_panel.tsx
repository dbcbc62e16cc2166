/** Where a fact comes from: file, path, reader, when it was read, and the original words. */
import { useEffect, useRef, useState } from "preact/hooks";
import { api, ApiError } from "../api";
import { hours, moment, quantity, short } from "../format";
import type { Excerpt, Fact, Source } from "../shapes";
import { Icon } from "../ui/icon";
import { useLoad } from "../ui/load";
import { title } from "./lanes";

export function FactPanel({ patient, fact, onClose }: { patient: string; fact: Fact; onClose: () => void }) {
  const head = useRef<HTMLHeadingElement>(null);
  const before = useRef<Element | null>(null);
  useEffect(() => {
    before.current = document.activeElement;
    return () => (before.current as HTMLElement | null)?.focus?.();
  }, []);
  useEffect(() => head.current?.focus(), [fact]);
  return (
    <div class="fact-panel" role="dialog" aria-labelledby="fact-title" onKeyDown={(e) => { if (e.key === "Escape") onClose(); }}>
      <div class="row">
        <h2 id="fact-title" ref={head} tabIndex={-1} class="grow">{title(fact)}</h2>
        <button class="icon-button" type="button" onClick={onClose}><Icon name="close" label="Close" /></button>
      </div>
      <p class="fact-value">{quantity(fact.value, fact.unit, fact.comparator)}</p>
      {fact.conflict ? <p class="note warn"><b>Sources disagree.</b> At this time another value was read for the same quantity. bodytwin keeps both and chooses none silently.</p> : null}
      {fact.superseded ? <p class="note"><b>Replaced.</b> A later version of the same entry says something else; this one is kept, and not used.</p> : null}
      <dl class="pairs">
        <Pair is="Time" words={`${moment(fact.time)} UTC${fact.precision === "second" ? "" : `, to the ${fact.precision}`}${fact.zone_assumed ? ", zone assumed" : ""}`} />
        {fact.route ? <Pair is="Route" words={`${fact.route}${fact.duration_h ? ` over ${hours(fact.duration_h)}` : ""}`} /> : null}
        <Pair is="Code" words={fact.code} mono more={fact.display} />
        <Pair is="System" words={fact.system} mono />
        <Pair is="Read on" words={`${moment(fact.recorded_at)} UTC`} />
      </dl>
      <h3>{fact.sources.length === 1 ? "One source" : `${fact.sources.length} sources that say the same`}</h3>
      <ol class="sources">{fact.sources.map((s) => <From key={s.sha256 + s.path} patient={patient} source={s} />)}</ol>
    </div>
  );
}

function Pair({ is, words, mono = false, more = "" }: { is: string; words: string; mono?: boolean; more?: string }) {
  return <div><dt>{is}</dt><dd>{mono ? <code>{words}</code> : words}{more ? <span class="muted small"> {more}</span> : null}</dd></div>;
}

function From({ patient, source }: { patient: string; source: Source }) {
  const base = `/patients/${encodeURIComponent(patient)}/sources/${source.sha256}`;
  const [found] = useLoad<Excerpt>(`${base}/excerpt?path=${encodeURIComponent(source.path)}`);
  const [trouble, say] = useState("");
  const download = async () => {
    say("");
    try {
      const { blob, name } = await api.blob(base, {});
      save(blob, name);
    } catch (error) {
      say(error instanceof ApiError ? [error.fault.message, ...error.fault.reasons].join(" ") : "This failed.");
    }
  };
  return (
    <li class="stack tight">
      <dl class="pairs">
        <Pair is="Where" words={source.path} mono />
        <Pair is="Reader" words={source.reader} mono />
        <div><dt>File</dt><dd><code title={source.sha256}>{short(source.sha256, 16)}…</code></dd></div>
        {found.is === "here" ? <Pair is="Imported" words={`${moment(found.value.imported_at)} UTC`} /> : null}
      </dl>
      {found.is === "here" ? <pre class="excerpt" tabIndex={0} aria-label="The original">{found.value.text}</pre>
        : found.is === "loading" ? <div class="skeleton"><i /></div>
          : <p class="small muted">{found.error instanceof ApiError ? found.error.fault.message : "The original cannot be shown."}</p>}
      <div><button class="button plain" type="button" onClick={download}><Icon name="down" />Download the original</button>{trouble ? <span class="hint bad" role="alert"> {trouble}</span> : null}</div>
    </li>
  );
}

export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const a = document.createElement("a");
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 30_000);
}
