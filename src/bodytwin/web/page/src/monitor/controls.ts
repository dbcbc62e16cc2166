/** Pause, look back, and how many seconds fill the screen. */
import { el, fresh, icon, ICONS } from "../organ/dom";
import { clock } from "./strips";

export const SECONDS = [5, 10, 20, 30, 60];
export const FIRST_SECONDS = 10;

export interface Controls {
  element: HTMLElement;
  seconds(): number;
  /** End of what is looked at, in ms, or null while it runs. */
  still(): number | null;
  toggle(): void;
  /** Look back (or forth) by a share of the screen. */
  shift(share: number): void;
  faster(by: number): void;
}

export interface Span {
  begin: number;
  end: number;
}

export function controls(span: () => Span, changed: () => void): Controls {
  let still: number | null = null;
  let seconds = FIRST_SECONDS;
  const id = fresh("monitor-back");
  const back = el("input", { type: "range", id, step: 100 });
  const said = el("output", { for: id, class: "small monitor-clock" });
  const looking = el("div", { class: "monitor-back", hidden: true }, el("label", { for: id, class: "label" }, "Look back"), back, said);
  const pause = el("button", { class: "button", type: "button", "aria-pressed": "false" });
  const buttons = SECONDS.map((s) => el("button", { type: "button", "aria-pressed": String(s === seconds), onclick: () => choose(s) }, `${s}\u00a0s`));
  const group = el("div", { class: "segmented", role: "group", "aria-label": "Seconds across the screen" }, ...buttons);
  pause.addEventListener("click", toggle);
  back.addEventListener("input", () => at(Number(back.value)));
  show();

  function choose(s: number): void {
    seconds = s;
    buttons.forEach((b, n) => b.setAttribute("aria-pressed", String(SECONDS[n] === s)));
    if (still !== null) at(still);
    changed();
  }
  function at(end: number): void {
    const all = span();
    const first = Math.min(all.end, all.begin + 1000 * seconds);
    still = Math.min(all.end, Math.max(first, end));
    [back.min, back.max, back.value] = [String(first), String(all.end), String(still)];
    said.textContent = `${clock(still)} UTC`;
    back.setAttribute("aria-valuetext", `up to ${said.textContent}`);
    changed();
  }
  function toggle(): void {
    if (still !== null) still = null;
    else if (Number.isFinite(span().end)) at(span().end);
    show();
    changed();
  }
  function show(): void {
    const isStill = still !== null;
    pause.replaceChildren(icon(isStill ? ICONS.play : ICONS.pause), isStill ? "Go on" : "Pause");
    pause.setAttribute("aria-pressed", String(isStill));
    looking.hidden = !isStill;
  }
  return {
    element: el("div", { class: "monitor-controls" }, pause, group, looking),
    seconds: () => seconds,
    still: () => still,
    toggle,
    shift(share) {
      if (still !== null) at(still + share * 1000 * seconds);
    },
    faster(by) {
      const place = SECONDS.indexOf(seconds) + by;
      if (SECONDS[place] !== undefined) choose(SECONDS[place]);
    },
  };
}
