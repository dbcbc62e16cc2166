/** Voxels with values: three slices, where they lie, and what is read in them. */
import { box as boxed, type Box } from "./box";
import { centre, corners, CUTS, offset, peak, type Index } from "./block";
import { css } from "./colour";
import type { FieldHeader, VoxelData } from "./data";
import { el, once } from "./dom";
import type { Picture, Settings } from "./picture";
import { probe } from "./probe";
import { Slice } from "./slice";
import { stage } from "./stage";

export function voxelPicture(header: FieldHeader, data: VoxelData, settings: Settings, told: (value: number | null) => void): Picture {
  const read = probe(header.unit);
  let index = peak(data);
  let time = 0;
  let isPainted = false;
  const slices = CUTS.map((cut) => new Slice(data, cut, header.range, () => index, { go, over }));
  const paint = once(() => {
    slices.forEach((slice) => slice.draw(time, { ...settings, nothing: css("--wash", "#eee") }));
    isPainted = true;
    solid?.painted();
    room.ask();
  });
  const [low, high] = corners(data);
  const canvas = el("canvas", { class: "organ-canvas", "aria-hidden": "true" });
  const room = stage(Float32Array.from([...low, ...high]), canvas, {
    label: `${header.title}. ${header.quantity} on three slices of a block. Shift and arrow keys turn.`,
    draw: () => isPainted && solid?.draw(room.camera, index, css("--line-strong", "#868f95")),
    point: () => undefined,
    walk: () => undefined,
  }, read.mark);
  const solid: Box | null = boxed(canvas, data, slices.map((slice) => slice.image), room.around.radius);
  const note = el("p", { class: "small muted", hidden: solid !== null }, "This browser has no WebGL: the slices are shown side by side only.");
  const element = el("div", { class: "organ-block" }, solid ? room.element : null, ...slices.map((slice) => slice.element));
  const watch = new ResizeObserver(paint);
  watch.observe(element);
  tell(index, false);

  function go(to: Index, aloud: boolean): void {
    index = to;
    tell(to, aloud);
    paint();
  }
  function over(at: Index | null): void {
    tell(at ?? index, false);
  }
  function tell(at: Index, aloud: boolean): void {
    const from = offset(data, at, time);
    const value = data.values[from]!;
    read.read({ value, sd: data.sd?.[from] ?? null, at: centre(data, at) }, aloud);
    told(value);
  }
  return {
    element,
    reading: read.element,
    notes: [note],
    refresh: paint,
    time(next) {
      time = next;
      tell(index, false);
      paint();
    },
    destroy() {
      watch.disconnect();
      room.stop();
      paint.cancel();
      solid?.destroy();
    },
  };
}
