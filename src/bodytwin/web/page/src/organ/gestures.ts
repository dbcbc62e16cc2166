/** Mouse, touch and keys, as turns, moves and zooms of the camera. */
import { moved, nearer, turned, type Ball, type Camera } from "./camera";

export interface Wishes {
  camera: Camera;
  around: Ball;
  /** The camera changed; `moving` while it is likely to change again at once. */
  changed(moving: boolean): void;
  fit(): void;
  /** The pointer rests on or touched a place; null when it left. */
  point(at: [number, number] | null): void;
  /** Move the probe by the keyboard, in steps to the right and up. */
  walk(right: number, up: number): void;
}

const TURN_PER_PIXEL = 0.008;
const TURN_PER_KEY = Math.PI / 18;
const MOVE_PER_KEY = 24;
const ZOOM_PER_KEY = 1.2;
const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const MOVES: Record<string, [number, number]> = { a: [1, 0], d: [-1, 0], w: [0, 1], s: [0, -1] };

export const KEYS: [string, string][] = [
  ["Arrow keys", "move the probe over the surface"],
  ["Shift + arrow keys", "turn"],
  ["W A S D", "move the view"],
  ["+ and −", "nearer, farther"],
  ["0", "show the whole organ"],
];

/** Listen on an element until `stop` is called. */
export function gestures(element: HTMLElement, wishes: Wishes): { stop(): void } {
  const controller = new AbortController();
  const on = <K extends keyof HTMLElementEventMap>(type: K, heard: (event: HTMLElementEventMap[K]) => void): void =>
    element.addEventListener(type, heard, { signal: controller.signal, passive: false });
  const down = new Map<number, PointerEvent>();

  on("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    down.set(event.pointerId, event);
    if (down.size === 1) wishes.point(spot(element, event));
  });
  on("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) {
      wishes.point(spot(element, event));
      return;
    }
    drag(wishes, element, down, before, event);
    down.set(event.pointerId, event);
  });
  const up = (event: PointerEvent): void => {
    if (down.delete(event.pointerId)) wishes.changed(false);
  };
  on("pointerup", up);
  on("pointercancel", up);
  on("pointerleave", (event) => {
    if (event.pointerType === "mouse" && down.size === 0) wishes.point(null);
  });
  on("contextmenu", (event) => event.preventDefault());
  on("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== element) return;
    event.preventDefault();
    const steps = event.deltaMode === 1 ? 16 * event.deltaY : event.deltaY;
    nearer(wishes.camera, Math.exp(-0.0022 * steps), wishes.around, ...spot(element, event));
    wishes.changed(true);
  });
  on("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key(wishes, event)) event.preventDefault();
  });
  return { stop: () => controller.abort() };
}

function spot(element: HTMLElement, event: MouseEvent): [number, number] {
  const box = element.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function drag(wishes: Wishes, element: HTMLElement, down: Map<number, PointerEvent>, before: PointerEvent, event: PointerEvent): void {
  const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
  const other = [...down.values()].find((p) => p.pointerId !== event.pointerId);
  if (other) {
    const apart = (p: PointerEvent): number => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY) || 1;
    const [x, y] = spot(element, event);
    const [ox, oy] = spot(element, other);
    nearer(wishes.camera, apart(event) / apart(before), wishes.around, (x + ox) / 2, (y + oy) / 2);
    moved(wishes.camera, dx / 2, dy / 2);
  } else if (event.shiftKey || event.buttons === 2 || event.buttons === 4) {
    moved(wishes.camera, dx, dy);
  } else {
    turned(wishes.camera, dx * TURN_PER_PIXEL, dy * TURN_PER_PIXEL);
  }
  wishes.changed(true);
}

function key(wishes: Wishes, event: KeyboardEvent): boolean {
  const { camera, around } = wishes;
  const arrow = ARROWS[event.key];
  const move = MOVES[event.key.toLowerCase()];
  if (arrow && event.shiftKey) turned(camera, arrow[0] * TURN_PER_KEY, -arrow[1] * TURN_PER_KEY);
  else if (arrow) {
    wishes.walk(...arrow);
    return true;
  } else if (move) moved(camera, move[0] * MOVE_PER_KEY, move[1] * MOVE_PER_KEY);
  else if (event.key === "+" || event.key === "=") nearer(camera, ZOOM_PER_KEY, around);
  else if (event.key === "-" || event.key === "_") nearer(camera, 1 / ZOOM_PER_KEY, around);
  else if (event.key === "0" || event.key === "Home") wishes.fit();
  else return false;
  wishes.changed(false);
  return true;
}
