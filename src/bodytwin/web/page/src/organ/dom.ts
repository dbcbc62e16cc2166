/** Elements without markup: text is always text. */

type Child = Node | string | null | undefined | false;
type Given = Record<string, string | number | boolean | ((event: any) => void) | null | undefined>;

/** `el("button", { class: "button", onclick: go }, "Go")`. */
export function el<K extends keyof HTMLElementTagNameMap>(name: K, given: Given = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter((c): c is Node | string => c !== null && c !== undefined && c !== false));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** A line drawing on a 20 by 20 grid, named by the words beside it. */
export function icon(path: string): SVGSVGElement {
  const made = document.createElementNS(SVG, "svg");
  made.setAttribute("class", "icon");
  made.setAttribute("viewBox", "0 0 20 20");
  made.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  made.append(line);
  return made;
}

export const ICONS = {
  warning: "M10 3l7.5 13.5h-15zM10 8v4M10 14.3v.2",
  shield: "M10 2.5l6 2.2v4.8c0 4-2.6 6.6-6 8-3.4-1.4-6-4-6-8V4.7zM7 10h6",
  empty: "M3 11l2.5-6.5h9L17 11v5H3zM3 11h4l1 2h4l1-2h4",
  play: "M6 4l10 6-10 6z",
  pause: "M6.5 4v12M13.5 4v12",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  whole: "M3.5 7.5v-4h4M12.5 3.5h4v4M16.5 12.5v4h-4M7.5 16.5h-4v-4",
} as const;

let last = 0;

/** An id that no other element has. */
export function fresh(stem: string): string {
  last += 1;
  return `${stem}-${last}`;
}

/** Gather many calls into one, before the next frame is drawn. */
export function once(run: () => void): (() => void) & { cancel(): void } {
  let waiting = 0;
  const ask = (): void => {
    waiting ||= requestAnimationFrame(() => {
      waiting = 0;
      run();
    });
  };
  return Object.assign(ask, {
    cancel: () => {
      cancelAnimationFrame(waiting);
      waiting = 0;
    },
  });
}
