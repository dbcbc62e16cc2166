/** The box that a picture stands in: it knows its size, and draws only when something changed. */
import { ball, fitted, nearer, type Ball, type Camera } from "./camera";
import { viewButtons } from "./controls";
import { el, once } from "./dom";
import { gestures, type Wishes } from "./gestures";
import { overlay } from "./scalebar";

const SETTLED_MS = 160;

export interface Stage {
  element: HTMLElement;
  camera: Camera;
  around: Ball;
  /** Draw before the next frame. */
  ask(): void;
  stop(): void;
}

export interface Scene {
  label: string;
  draw(moving: boolean): void;
  point: Wishes["point"];
  walk: Wishes["walk"];
}

export function stage(points: Float32Array, canvas: HTMLCanvasElement, scene: Scene, mark: HTMLElement): Stage {
  const over = el("canvas", { class: "organ-over", "aria-hidden": "true" });
  const handle = el("div", { class: "organ-handle", tabindex: 0, role: "application", "aria-label": scene.label, "aria-roledescription": "picture that can be turned" });
  const around = ball(points);
  const camera: Camera = { azimuth: -0.9, elevation: 0.35, target: [...around.centre], scale: 1, width: 1, height: 1 };
  let moving = false;
  let settled = 0;
  const ask = once(() => {
    scene.draw(moving);
    overlay(over, camera);
  });
  const changed = (isMoving: boolean): void => {
    moving = isMoving;
    clearTimeout(settled);
    if (isMoving) settled = window.setTimeout(() => changed(false), SETTLED_MS);
    ask();
  };
  const fit = (): void => {
    fitted(camera, around, points);
    changed(false);
  };
  const heard = gestures(handle, { camera, around, changed, fit, point: scene.point, walk: scene.walk });
  const buttons = viewButtons((factor) => {
    nearer(camera, factor, around);
    changed(false);
  }, fit);
  const element = el("div", { class: "organ-stage" }, canvas, over, mark, handle, buttons);
  const watch = new ResizeObserver(() => {
    const isFirst = camera.width <= 1;
    const scale = camera.scale / Math.max(1, Math.min(camera.width, camera.height));
    [camera.width, camera.height] = [Math.max(1, handle.clientWidth), Math.max(1, handle.clientHeight)];
    if (isFirst) fitted(camera, around, points);
    else camera.scale = scale * Math.min(camera.width, camera.height);
    changed(false);
  });
  watch.observe(element);
  return {
    element, camera, around, ask: () => changed(moving),
    stop: () => {
      heard.stop();
      watch.disconnect();
      clearTimeout(settled);
      ask.cancel();
    },
  };
}
