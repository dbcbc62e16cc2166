/**
 * The organ view: a field over a surface or over voxels, with its doubt.
 *
 * Colours are those of the page when it is mounted; mount it anew when they change.
 */
import { count, moment } from "../format";
import type { Mounted, MountContext } from "../mount";
import { keys, limitControl, toggle } from "./controls";
import { headers, surfaceData, voxelData, type FieldHeader } from "./data";
import { el, fresh } from "./dom";
import { contourStep, legend } from "./legend";
import type { Picture, Settings } from "./picture";
import { player } from "./player";
import { empty, loading, trouble } from "./states";
import { surfacePicture } from "./surface";
import { voxelPicture } from "./voxels";

const CONTOURS = 10;

export function mountOrgan(element: HTMLElement, ctx: MountContext): Mounted {
  const root = el("section", { class: "organ", "aria-label": "Organ" });
  element.replaceChildren(root);
  let close = (): void => undefined;
  let turn = 0;

  async function attempt(show: () => Promise<void>, again: () => void, choice?: () => HTMLElement | null): Promise<void> {
    const mine = (turn += 1);
    close();
    close = () => undefined;
    root.replaceChildren(loading("the organ"));
    try {
      await show();
    } catch (error) {
      if (mine === turn) root.replaceChildren(...[choice?.(), trouble(error, again)].filter((e) => e instanceof HTMLElement));
    }
  }
  function start(): void {
    void attempt(async () => {
      const mine = turn;
      const found = await headers(ctx);
      if (mine !== turn) return;
      if (found[0]) open(found, found[0]);
      else root.replaceChildren(empty("No organ has been computed", "A twin of an organ leaves its result here: a surface or a block with a predicted quantity and how sure it is."));
    }, start);
  }
  function open(all: FieldHeader[], header: FieldHeader): void {
    const choice = (): HTMLElement | null => chooser(all, header, (next) => open(all, next));
    void attempt(async () => {
      const mine = turn;
      const make = await loaded(ctx, header);
      if (mine === turn) close = shown(root, ctx, header, make, choice());
    }, () => open(all, header), choice);
  }
  start();
  return {
    destroy() {
      turn += 1;
      close();
      root.remove();
    },
  };
}

interface Made {
  /** Whether a surface has places without a value. */
  hasGaps: boolean;
  picture(settings: Settings, told: (value: number | null) => void): Picture;
}

async function loaded(ctx: MountContext, header: FieldHeader): Promise<Made> {
  if (header.kind === "surface") {
    const data = await surfaceData(ctx, header);
    const hasGaps = !data.values.every(Number.isFinite);
    return { hasGaps, picture: (settings, told) => surfacePicture(header, data, settings, told) };
  }
  const data = await voxelData(ctx, header);
  return { hasGaps: false, picture: (settings, told) => voxelPicture(header, data, settings, told) };
}

function shown(root: HTMLElement, ctx: MountContext, header: FieldHeader, made: Made, choice: HTMLElement | null): () => void {
  const hasSd = header.arrays["sd"] !== undefined;
  const settings: Settings = { limit: 0, contour: 0 };
  const key = legend(header.range, header.quantity, header.unit, hasSd, made.hasGaps);
  const picture = made.picture(settings, (value) => key.draw(settings.limit, value));
  const limit = limitControl(header.range, header.unit, (next) => {
    settings.limit = next;
    key.draw(next);
    picture.refresh();
  });
  if (hasSd) settings.limit = limit.limit;
  const every = contourStep(header.range, CONTOURS);
  const lines = toggle(`Contour line every ${Number(every.toPrecision(3))} ${header.unit}`, true, (on) => {
    settings.contour = on ? every : 0;
    picture.refresh();
  });
  if (header.kind === "surface") settings.contour = every;
  const times = header.times ?? [];
  const time = times.length > 1 ? player(times, header.time_unit ?? "", ctx.reducedMotion, picture.time) : null;
  root.replaceChildren(
    el("header", { class: "organ-head" }, choice, el("h2", { class: choice ? "unseen" : "" }, header.title), about(header)),
    el("div", { class: `organ-body ${header.kind}` },
      el("div", { class: "organ-view" }, picture.element, time?.element),
      el("aside", { class: "organ-side", "aria-label": "Reading and legend" }, picture.reading, key.element,
        hasSd && limit.element, header.kind === "surface" && lines, ...picture.notes, keys(header.kind))),
  );
  key.draw(settings.limit);
  const watch = new ResizeObserver(() => key.draw(settings.limit));
  watch.observe(key.element);
  return () => {
    watch.disconnect();
    time?.stop();
    picture.destroy();
  };
}

function about(header: FieldHeader): HTMLElement {
  const places = header.arrays["values"]?.shape.slice(-1)[0] ?? 0;
  const words = [
    header.source_words,
    header.based_on && `based on ${header.based_on}`,
    header.uncertainty_words && `uncertainty: ${header.uncertainty_words}`,
    header.kind === "surface" ? count(places, "point") : "",
    `computed ${moment(header.made_at)} UTC`,
  ];
  return el("p", { class: "small muted" }, words.filter(Boolean).join(" · "));
}

function chooser(all: FieldHeader[], now: FieldHeader, choose: (next: FieldHeader) => void): HTMLElement | null {
  if (all.length < 2) return null;
  const id = fresh("organ-field");
  const select = el("select", { class: "input", id }, ...all.map((f) => el("option", { value: f.id, selected: f.id === now.id }, f.title)));
  select.addEventListener("change", () => {
    const next = all.find((f) => f.id === select.value);
    if (next) choose(next);
  });
  return el("div", { class: "field" }, el("label", { for: id }, "Field"), select);
}
