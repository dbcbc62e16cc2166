/** The surface drawn without WebGL: triangles from far to near on a plain canvas. */
import type { Camera } from "./camera";
import { colours, place } from "./colour";
import { coarse, FINE } from "./lod";
import type { Look, Painter } from "./painter";
import { isClosed, Projection, volume } from "./pick";
import { doubt, hatch, HATCH, isHatched } from "./uncertainty";

export class FlatPainter implements Painter {
  readonly kind = "flat";
  readonly #canvas: HTMLCanvasElement;
  readonly #pen: CanvasRenderingContext2D | null;
  readonly #triangles: Uint32Array;
  /** 1 or -1 for a closed surface, by the sense of its triangles; 0 for one whose inside can be seen. */
  readonly #sense: number;
  #values: Float32Array = new Float32Array();
  #sd: Float32Array | null = null;

  constructor(canvas: HTMLCanvasElement, look: Look) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext("2d");
    this.#sense = isClosed(look.vertices.length / 3, look.triangles) ? Math.sign(volume(look.vertices, look.triangles)) : 0;
    const isLarge = look.vertices.length / 3 > FINE;
    this.#triangles = isLarge ? coarse(look.vertices, look.triangles, look.around.radius) : look.triangles;
  }

  values({ values, sd }: { values: Float32Array; sd: Float32Array | null }): void {
    this.#values = values;
    this.#sd = sd;
  }

  draw(camera: Camera, look: Look): void {
    const pen = this.#pen;
    if (!pen) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    this.#canvas.width = Math.round(camera.width * ratio);
    this.#canvas.height = Math.round(camera.height * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.lineWidth = 0.7;
    pen.lineJoin = "round";
    const dark = hatch(pen, `rgba(10, 10, 10, ${HATCH.strength})`, 1);
    const light = hatch(pen, `rgba(250, 250, 250, ${HATCH.strength})`, 1);
    const shown = new Projection(look.vertices, this.#triangles, camera);
    for (const t of this.#order(shown)) {
      const corners = [this.#triangles[t]!, this.#triangles[t + 1]!, this.#triangles[t + 2]!];
      if (this.#sense * turn(shown, corners) > 0) continue;
      const sd = mean(corners, this.#sd);
      const { fill, isLight } = this.#colour(corners, sd, look, shown);
      outline(pen, shown, corners);
      pen.fillStyle = pen.strokeStyle = fill;
      pen.fill();
      pen.stroke();
      const lines = isLight ? dark : light;
      if (look.limit > 0 && lines && isHatched(sd, look.limit)) {
        pen.fillStyle = lines;
        pen.fill();
      }
    }
  }

  #order({ near }: Projection): Uint32Array {
    const count = this.#triangles.length / 3;
    const depth = new Float32Array(count);
    for (let t = 0; t < count; t += 1) {
      depth[t] = near[this.#triangles[3 * t]!]! + near[this.#triangles[3 * t + 1]!]! + near[this.#triangles[3 * t + 2]!]!;
    }
    return Uint32Array.from({ length: count }, (_, t) => t).sort((a, b) => depth[a]! - depth[b]!).map((t) => 3 * t);
  }

  #colour(corners: number[], sd: number, look: Look, { at }: Projection): { fill: string; isLight: boolean } {
    const value = mean(corners, this.#values);
    const n = corners[0]! * 3;
    const facing = [0, 1, 2].reduce((sum, d) => sum + look.normals[n + d]! * at.towards[d]!, 0);
    const lit = 0.72 + 0.28 * Math.abs(facing);
    const share = (value - look.range[0]) / Math.max(look.range[1] - look.range[0], 1e-20);
    const from = place(share, doubt(sd, look.limit));
    const rgb = Number.isFinite(value) ? [...colours().subarray(from, from + 3)] : look.nothing.map((c) => 255 * c);
    const [r, g, b] = rgb.map((c) => Math.round(c * lit)) as [number, number, number];
    return { fill: `rgb(${r} ${g} ${b})`, isLight: 0.3 * r + 0.6 * g + 0.1 * b > 107 };
  }

  destroy(): void {
    this.#canvas.width = this.#canvas.height = 0;
  }
}

function mean(corners: number[], values: Float32Array | null): number {
  return values ? corners.reduce((sum, c) => sum + values[c]!, 0) / 3 : Number.NaN;
}

function outline(pen: CanvasRenderingContext2D, { x, y }: Projection, corners: number[]): void {
  pen.beginPath();
  pen.moveTo(x[corners[0]!]!, y[corners[0]!]!);
  pen.lineTo(x[corners[1]!]!, y[corners[1]!]!);
  pen.lineTo(x[corners[2]!]!, y[corners[2]!]!);
  pen.closePath();
}

/** Below 0 where the corners run counter-clockwise for the reader; y of the screen points down. */
function turn({ x, y }: Projection, [i, j, k]: number[]): number {
  return (x[j!]! - x[i!]!) * (y[k!]! - y[i!]!) - (x[k!]! - x[i!]!) * (y[j!]! - y[i!]!);
}
