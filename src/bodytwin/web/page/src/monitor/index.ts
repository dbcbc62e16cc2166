/**
 * The live monitor: signals as they arrive, and what is estimated from them.
 *
 * It draws on a clock of its own, whatever else the page does. Colours are those of the page when it
 * is mounted; mount it anew when they change.
 */
import { el } from "../organ/dom";
import { rgb, css } from "../organ/colour";
import { trouble } from "../organ/states";
import type { Mounted, MountContext } from "../mount";
import { alternative } from "./alternative";
import { badge, type Kind } from "./badge";
import { controls } from "./controls";
import type { Channel } from "./frames";
import { History } from "./history";
import { Link } from "./link";
import { late, measures, type Measures } from "./measures";
import { numerics } from "./numerics";
import { Strips, type View } from "./strips";

const STALE_MS = 3000;
const PAGE_MS = 500;
const TABLE_MS = 5000;

export function mountMonitor(element: HTMLElement, ctx: MountContext): Mounted {
  const state = badge();
  const numbers = numerics();
  const table = alternative();
  const box = el("div", { class: "monitor-strips", tabindex: 0, role: "group", "aria-label": "Signals. Space pauses, arrow keys look back, plus and minus change the seconds across." });
  const root = el("section", { class: "monitor", "aria-label": "Live monitor" });
  let history: History | null = null;
  let strips: Strips | null = null;
  let isDirty = true;
  let heardAt = Date.now();
  let retryAt: number | null = null;
  const panel = controls(() => ({ begin: history?.begin ?? Number.NaN, end: history?.end ?? Number.NaN }), () => (isDirty = true));

  const link = new Link(`/api/patients/${encodeURIComponent(ctx.patient)}/live`, ctx.purpose, {
    hello(hello) {
      retryAt = null;
      if (!history || JSON.stringify(history.channels) !== JSON.stringify(hello.channels)) prepare(hello.channels);
      say("connecting", "Waiting for the sensor.");
    },
    samples(frame, isLive) {
      history?.add(frame, isLive);
      heardAt = Date.now();
      if (state.kind !== "live") say("live", "");
    },
    estimate: numbers.show,
    told: ({ state: kind, words }) => say(kind, words),
    refused(reasons) {
      say("refused", reasons[0] ?? "");
      const fault = { message: reasons[0] ?? "The patient has not given leave.", reasons };
      history = strips = null;
      root.replaceChildren(state.element, trouble({ refused: true, fault }, start));
    },
    broken(wait) {
      retryAt = wait === null ? null : Date.now() + wait;
      if (wait === null && state.kind !== "ended") say("broken", "The server does not let this page listen. Load the page again.");
      else if (wait !== null) say("broken", "Trying again.");
    },
  });
  const measured = measures(link);
  window.__monitor = measured;

  function say(kind: Kind, words: string): void {
    state.set(kind, words);
    measured.state = kind;
    numbers.dim(kind === "stale" || kind === "ended" || kind === "broken");
  }
  function prepare(channels: Channel[]): void {
    const canvas = el("canvas", { "aria-hidden": "true" });
    box.replaceChildren(canvas, table.element);
    box.style.setProperty("--channels", String(channels.length));
    history = new History(channels);
    const [r, g, b] = rgb(css("--ink", "#000000"));
    strips = new Strips(canvas, history, r + g + b > 1.5 ? "dark" : "light");
    fit();
  }
  function fit(): void {
    strips?.size(box.clientWidth, box.clientHeight);
    isDirty = true;
  }
  function start(): void {
    root.replaceChildren(el("header", { class: "monitor-head" }, state.element, panel.element), numbers.element, box);
    say("connecting", "");
    link.open();
  }

  const watch = new ResizeObserver(fit);
  watch.observe(box);
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== box) return;
    if (event.key === " ") panel.toggle();
    else if (event.key === "ArrowLeft") panel.shift(-0.25);
    else if (event.key === "ArrowRight") panel.shift(0.25);
    else if (event.key === "+" || event.key === "=") panel.faster(-1);
    else if (event.key === "-") panel.faster(1);
    else return;
    event.preventDefault();
  });

  const slow = window.setInterval(() => {
    const now = Date.now();
    if (state.kind === "live" && now - heardAt > STALE_MS) say("stale", "Nothing new from the sensor.");
    if (state.kind === "stale" && history) state.set("stale", `Last signal ${Math.round((now - heardAt) / 1000)}\u00a0s ago.`);
    if (state.kind === "broken" && retryAt !== null) state.set("broken", `Trying again in ${Math.max(0, Math.ceil((retryAt - now) / 1000))}\u00a0s.`);
  }, 1000);
  const telling = window.setInterval(() => history && table.update(history), TABLE_MS);

  const clockwork = clockOf(measured, ctx.reducedMotion, (now) => {
    if (!strips || !history || history.pieces.length === 0) return;
    const end = panel.still();
    const view: View = { mode: end !== null ? "still" : ctx.reducedMotion ? "page" : "sweep", seconds: panel.seconds(), end: end ?? 0 };
    const wasDirty = isDirty;
    isDirty = false;
    if (end !== null && !wasDirty) return;
    const drawn = wasDirty ? strips.full(view) : strips.advance(view, now);
    const at = Date.now();
    if (end === null) for (const piece of drawn) if (piece.isLive) late(measured, at - piece.receivedMs);
  }, () => isDirty && panel.still() !== null);

  element.replaceChildren(root);
  start();
  return {
    destroy() {
      clockwork.stop();
      clearInterval(slow);
      clearInterval(telling);
      watch.disconnect();
      link.close();
      if (window.__monitor === measured) delete window.__monitor;
      root.remove();
    },
  };
}

/** Calls `draw` at every frame, or twice a second where motion is unwelcome; counts frames. */
function clockOf(measured: Measures, isCalm: boolean, draw: (now: number) => void, isUrgent: () => boolean): { stop(): void } {
  let handle = 0;
  let last = -Infinity;
  let counted = 0;
  let since = performance.now();
  const tick = (now: number): void => {
    handle = requestAnimationFrame(tick);
    if (now - since >= 1000) {
      measured.fps = (1000 * counted) / (now - since);
      [counted, since] = [0, now];
    }
    if (isCalm && now - last < PAGE_MS && !isUrgent()) return;
    last = now;
    counted += 1;
    draw(now);
  };
  handle = requestAnimationFrame(tick);
  return { stop: () => cancelAnimationFrame(handle) };
}
