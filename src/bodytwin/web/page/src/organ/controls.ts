/** What a reader can set: the limit of doubt, contour lines, the view. */
import { number, percent, withUnit } from "../format";
import { el, fresh, icon, ICONS } from "./dom";
import { KEYS } from "./gestures";
import { FIRST_SHARE, SHARES } from "./uncertainty";

/** The sd above which is hatched, as a share of the range of the values. */
export function limitControl(range: [number, number], unit: string, set: (limit: number) => void): { element: HTMLElement; limit: number } {
  const id = fresh("organ-limit");
  const slider = el("input", { type: "range", id, min: SHARES.min, max: SHARES.max, step: 0.01, value: FIRST_SHARE });
  const said = el("output", { for: id, class: "organ-said" });
  const limit = (): number => Number(slider.value) * (range[1] - range[0]);
  const tell = (): void => {
    said.textContent = `${percent(Number(slider.value))} = ${withUnit(number(limit(), 2), unit)}`;
    slider.setAttribute("aria-valuetext", `${said.textContent} of standard deviation`);
  };
  slider.addEventListener("input", () => {
    tell();
    set(limit());
  });
  tell();
  const element = el(
    "div",
    { class: "organ-control" },
    el("label", { for: id, class: "label" }, "Hatch where the sd is above this share of the range"),
    el("div", { class: "organ-line" }, slider, said),
  );
  return { element, limit: limit() };
}

export function toggle(words: string, isOn: boolean, set: (on: boolean) => void): HTMLElement {
  const box = el("input", { type: "checkbox", checked: isOn });
  box.addEventListener("change", () => set(box.checked));
  return el("label", { class: "check small" }, box, words);
}

/** Nearer, farther, whole: for those without a wheel. */
export function viewButtons(nearer: (factor: number) => void, fit: () => void): HTMLElement {
  const button = (name: keyof typeof ICONS, words: string, run: () => void): HTMLElement =>
    el("button", { class: "icon-button", type: "button", "aria-label": words, title: words, onclick: run }, icon(ICONS[name]));
  return el(
    "div",
    { class: "organ-buttons" },
    button("plus", "Nearer", () => nearer(1.25)),
    button("minus", "Farther", () => nearer(0.8)),
    button("whole", "Show the whole organ", fit),
  );
}

const ON_SLICES: [string, string][] = [
  ["Arrow keys", "on a slice: read the voxel beside"],
  ["Page Up, Page Down", "on a slice: the slice beside"],
  ...KEYS.slice(1),
];

export function keys(kind: "surface" | "voxels"): HTMLElement {
  const rows = (kind === "surface" ? KEYS : ON_SLICES).flatMap(([key, what]) => [el("dt", {}, key), el("dd", {}, what)]);
  return el("details", { class: "small" }, el("summary", {}, "Keys and gestures"), el("dl", { class: "organ-keys" }, ...rows,
    el("dt", {}, "Drag"), el("dd", {}, "turn; with Shift or two fingers, move"),
    el("dt", {}, "Wheel, pinch"), el("dd", {}, "nearer, farther, once the picture was clicked")));
}
