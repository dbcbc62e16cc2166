/** A surface with values: coloured, turned, read. */
import { dot, faced, seen, unitLength, type Vector } from "./camera";
import { css, rgb } from "./colour";
import type { FieldHeader, SurfaceData } from "./data";
import { el } from "./dom";
import { FlatPainter } from "./flat";
import { glPainter } from "./gl";
import type { Look, Painter } from "./painter";
import { atVertex, mixed, nearestCorner, neighbours, next, normals, Projection, under, where, type Place } from "./pick";
import type { Picture, Settings } from "./picture";
import { probe } from "./probe";
import { stage } from "./stage";

const VISIBLE = 0.15;

export function surfacePicture(header: FieldHeader, data: SurfaceData, settings: Settings, told: (value: number | null) => void): Picture {
  const read = probe(header.unit);
  let canvas = el("canvas", { class: "organ-canvas", "aria-hidden": "true" });
  let time = 0;
  let place: Place | null = null;
  let around: number[][] | null = null;
  let shownAt = "";
  const box = stage(data.vertices, canvas, {
    label: `${header.title}. ${header.quantity} over a surface. Arrow keys read values, Shift and arrow keys turn.`,
    draw,
    point,
    walk,
  }, read.mark);
  const look: Look = {
    vertices: data.vertices, triangles: data.triangles, normals: normals(data.vertices, data.triangles),
    around: box.around, range: header.range, limit: 0, contour: 0, nothing: rgb(css("--line-strong", "#868f95")),
  };
  const note = el("p", { class: "small muted", hidden: true }, "This browser has no WebGL: the surface is drawn flat, in the same colours, without contour lines.");
  let painter: Painter = glPainter(canvas, look, flat) ?? replaced();
  const projection = new Projection(data.vertices, data.triangles, box.camera);
  values();

  function replaced(): Painter {
    const fresh = el("canvas", { class: "organ-canvas", "aria-hidden": "true" });
    canvas.replaceWith(fresh);
    canvas = fresh;
    note.hidden = false;
    return new FlatPainter(fresh, look);
  }
  function flat(): void {
    painter.destroy();
    painter = replaced();
    values();
    box.ask();
  }
  function values(): void {
    const [from, to] = [time * data.places, (time + 1) * data.places];
    painter.values({ values: data.values.subarray(from, to), sd: data.sd?.subarray(from, to) ?? null });
  }
  function draw(moving: boolean): void {
    Object.assign(look, settings);
    painter.draw(box.camera, look, moving);
    mark();
  }
  function project(): Projection {
    const { azimuth, elevation, target, scale, width, height } = box.camera;
    const now = [azimuth, elevation, ...target, scale, width, height].join();
    if (now !== shownAt) projection.update(box.camera);
    shownAt = now;
    return projection;
  }
  function mark(): void {
    read.at(place ? seen(box.camera, project().at, where(data.vertices, place)) : null);
  }
  function tell(aloud: boolean): void {
    const value = place ? mixed(data.values, place, time * data.places) : null;
    const sd = place && data.sd ? mixed(data.sd, place, time * data.places) : null;
    read.read(place && value !== null ? { value, sd, at: where(data.vertices, place) } : null, aloud);
    told(value);
  }
  function point(at: [number, number] | null): void {
    place = at ? under(project(), ...at) : null;
    tell(false);
    mark();
  }
  function walk(right: number, up: number): void {
    around ??= neighbours(data.places, data.triangles);
    const shown = project();
    const middle = under(shown, box.camera.width / 2, box.camera.height / 2);
    const from = place ? nearestCorner(place) : middle ? nearestCorner(middle) : 0;
    const to = place ? next(shown, around[from]!, from, right, up) : from;
    place = atVertex(to);
    follow(to);
    tell(true);
    box.ask();
  }
  /** Turn until the place that the keys lead to can be seen. */
  function follow(vertex: number): void {
    const normal = [0, 1, 2].map((d) => look.normals[3 * vertex + d]!) as Vector;
    const { towards } = project().at;
    if (dot(normal, towards) > VISIBLE) return;
    faced(box.camera, unitLength([0, 1, 2].map((d) => 0.6 * towards[d]! + normal[d]!) as Vector));
  }
  return {
    element: box.element,
    reading: read.element,
    notes: [note],
    refresh: box.ask,
    time(index) {
      time = index;
      values();
      if (place) tell(false);
      box.ask();
    },
    destroy() {
      box.stop();
      painter.destroy();
    },
  };
}
