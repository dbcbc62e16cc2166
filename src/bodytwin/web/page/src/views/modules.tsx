/** The heart; and the organ and the monitor, parts of their own, fetched when they are first wanted. */
import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "../api";
import { HeartView } from "../heart";
import type { Mounted, MountContext } from "../mount";
import type { Person } from "../shapes";
import { purpose, useCell } from "../state";
import { reducedMotion, theme } from "../theme";
import { Empty, Loading, Trouble } from "../ui/states";

type Mount = (element: HTMLElement, ctx: MountContext) => Mounted;

export function Organ({ person }: { person: Person }) {
  if (person.fields.length === 0) {
    return <Empty title="No organ has been computed"><p class="muted">A twin of an organ leaves its result here: a surface or a volume with a predicted quantity and its uncertainty. None has for this patient.</p></Empty>;
  }
  return <Module patient={person.patient} what="the organ view" load={async () => (await import("../organ")).mountOrgan} />;
}

export function Heart({ person }: { person: Person }) {
  const why = useCell(purpose);
  const colours = useCell(theme);
  if (person.hearts.length === 0) {
    return <Empty title="No heart has been imaged"><p class="muted">The rhythm twin needs the ventricles as a segmented image. <code>bodytwin image</code> brings one.</p></Empty>;
  }
  return <HeartView key={why} patient={person.patient} look={{ colours, still: reducedMotion() }} />;
}

export function Live({ person }: { person: Person }) {
  return <Module patient={person.patient} what="the monitor" load={async () => (await import("../monitor")).mountMonitor} />;
}

function Module({ patient, what, load }: { patient: string; what: string; load: () => Promise<Mount> }) {
  const why = useCell(purpose);
  const colours = useCell(theme);
  const box = useRef<HTMLDivElement>(null);
  const [state, set] = useState<"loading" | "here" | { error: unknown }>("loading");
  useEffect(() => {
    let gone = false;
    let mounted: Mounted | null = null;
    load().then(
      (mount) => {
        if (gone || !box.current) return;
        mounted = mount(box.current, { api, patient, purpose: why, reducedMotion: reducedMotion() });
        set("here");
      },
      (error: unknown) => !gone && set({ error }),
    );
    return () => {
      gone = true;
      mounted?.destroy();
      box.current?.replaceChildren();
    };
  }, [patient, why, colours]);
  return (
    <>
      {state === "loading" ? <Loading what={what} tall rows={1} /> : null}
      {typeof state === "object" ? <Trouble error={state.error} /> : null}
      <div ref={box} class="module" />
    </>
  );
}
