/** One slice through a block of voxels: painted, read and moved. */
import { CUTS, offset, spot, voxel, within, type Cut, type Index } from "./block";
import { colours, css, place } from "./colour";
import type { VoxelData } from "./data";
import { el, fresh } from "./dom";
import type { Settings } from "./picture";
import { doubt, hatch, HATCH, isHatched, LIGHT_FROM } from "./uncertainty";

const HATCHES = [`rgba(250, 250, 250, ${HATCH.strength})`, `rgba(10, 10, 10, ${HATCH.strength})`];

export interface Wishes {
  /** The slices go through another voxel. */
  go(index: Index, aloud: boolean): void;
  /** The pointer is over a voxel; null when it left. */
  over(index: Index | null): void;
}

export class Slice {
  readonly element: HTMLElement;
  /** The slice, one pixel for each voxel. */
  readonly image = document.createElement("canvas");
  /** Where is hatched: over dark colours, and over light ones. */
  readonly #masks = [document.createElement("canvas"), document.createElement("canvas")];
  readonly #canvas = el("canvas", { class: "organ-slice" });
  readonly #slider: HTMLInputElement;
  readonly #said: HTMLElement;

  constructor(
    readonly data: VoxelData,
    readonly cut: Cut,
    readonly range: [number, number],
    readonly index: () => Index,
    wishes: Wishes,
  ) {
    const id = fresh("organ-slice");
    for (const one of [this.image, ...this.#masks]) [one.width, one.height] = [data.shape[cut.right], data.shape[cut.down]];
    this.#slider = el("input", { type: "range", id, min: 0, max: data.shape[cut.axis] - 1, step: 1, value: 0 });
    this.#said = el("output", { for: id, class: "organ-said" });
    const [wide, tall] = room(data);
    this.#canvas.style.aspectRatio = String(Math.min(1.4, Math.max(0.75, wide / tall)));
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute("role", "application");
    this.#canvas.setAttribute("aria-roledescription", "slice");
    this.#canvas.setAttribute("aria-label", `Slice across ${cut.words}. Arrow keys read other voxels, Page Up and Page Down go to other slices.`);
    this.element = el("div", { class: "organ-cut" }, this.#canvas,
      el("div", { class: "organ-line" }, el("label", { for: id, class: "label" }, cut.words), this.#slider, this.#said));
    this.#listen(wishes);
  }

  #listen({ go, over }: Wishes): void {
    const { cut, data } = this;
    this.#slider.addEventListener("input", () => go(moved(this.index(), cut.axis, Number(this.#slider.value), data), false));
    this.#canvas.addEventListener("pointermove", (event) => (event.buttons ? go(this.#under(event), false) : over(this.#under(event))));
    this.#canvas.addEventListener("pointerdown", (event) => {
      this.#canvas.setPointerCapture(event.pointerId);
      go(this.#under(event), false);
    });
    this.#canvas.addEventListener("pointerleave", () => over(null));
    this.#canvas.addEventListener("keydown", (event) => {
      const to = this.#key(event.key);
      if (!to || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      go(to, true);
    });
  }

  #under(event: PointerEvent): Index {
    const [x, y, width, height] = this.#frame(this.#canvas.clientWidth, this.#canvas.clientHeight);
    const box = this.#canvas.getBoundingClientRect();
    const column = ((event.clientX - box.left - this.#canvas.clientLeft - x) / width) * this.image.width;
    const row = ((event.clientY - box.top - this.#canvas.clientTop - y) / height) * this.image.height;
    return voxel(this.data, this.cut, this.index(), column, row);
  }

  /** Where the slice lies in its box; all slices have one scale. */
  #frame(width: number, height: number): [number, number, number, number] {
    const { right, down } = this.cut;
    const [wide, tall] = room(this.data);
    const scale = Math.min(width / wide, height / tall);
    const [w, h] = [this.image.width * this.data.spacing[right] * scale, this.image.height * this.data.spacing[down] * scale];
    return [(width - w) / 2, (height - h) / 2, w, h];
  }

  #key(name: string): Index | null {
    const now = this.index();
    const by = (axis: 0 | 1 | 2, step: number): Index => moved(now, axis, now[axis] + step, this.data);
    const down = this.cut.isFlipped ? -1 : 1;
    switch (name) {
      case "ArrowRight": return by(this.cut.right, 1);
      case "ArrowLeft": return by(this.cut.right, -1);
      case "ArrowDown": return by(this.cut.down, down);
      case "ArrowUp": return by(this.cut.down, -down);
      case "PageUp": return by(this.cut.axis, 1);
      case "PageDown": return by(this.cut.axis, -1);
      default: return null;
    }
  }

  /** Paint one time, with a cross at the voxel that is read. */
  draw(time: number, { limit, nothing }: Settings & { nothing: string }): void {
    this.#paint(time, limit);
    const [canvas, pen] = [this.#canvas, this.#canvas.getContext("2d")];
    if (!pen) return;
    const ratio = Math.min(2, devicePixelRatio || 1);
    [canvas.width, canvas.height] = [Math.max(1, Math.round(canvas.clientWidth * ratio)), Math.max(1, Math.round(canvas.clientHeight * ratio))];
    const frame = this.#frame(canvas.width, canvas.height);
    pen.fillStyle = nothing;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.image, ...frame);
    if (limit > 0) HATCHES.forEach((colour, n) => this.#hatch(pen, this.#masks[n]!, colour, frame, ratio));
    this.#cross(pen, frame, ratio);
    const at = this.index()[this.cut.axis];
    this.#slider.value = String(at);
    const mm = this.data.origin[this.cut.axis] + at * this.data.spacing[this.cut.axis];
    this.#said.textContent = `${mm.toFixed(1).replace("-", "\u2212")}\u00a0mm`;
    this.#slider.setAttribute("aria-valuetext", this.#said.textContent);
  }

  #paint(time: number, limit: number): void {
    const { width, height } = this.image;
    const pens = [this.image, ...this.#masks].map((one) => one.getContext("2d"));
    const images = pens.map((pen) => pen!.createImageData(width, height).data);
    const [picture, overDark, overLight] = images as [Uint8ClampedArray, Uint8ClampedArray, Uint8ClampedArray];
    const [low, high] = this.range;
    const here = this.index();
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += 1) {
        const from = offset(this.data, voxel(this.data, this.cut, here, column, row), time);
        const value = this.data.values[from]!;
        if (!Number.isFinite(value)) continue;
        const sd = this.data.sd?.[from] ?? Number.NaN;
        const share = (value - low) / Math.max(high - low, 1e-20);
        const colour = place(share, doubt(sd, limit));
        const at = 4 * (row * width + column);
        picture.set(colours().subarray(colour, colour + 4), at);
        if (isHatched(sd, limit)) (share < LIGHT_FROM ? overDark : overLight)[at + 3] = 255;
      }
    }
    pens.forEach((pen, n) => pen!.putImageData(new ImageData(images[n] as ImageDataArray, width, height), 0, 0));
  }

  #hatch(pen: CanvasRenderingContext2D, mask: HTMLCanvasElement, colour: string, frame: [number, number, number, number], ratio: number): void {
    const lines = document.createElement("canvas");
    [lines.width, lines.height] = [pen.canvas.width, pen.canvas.height];
    const drawn = lines.getContext("2d");
    if (!drawn) return;
    drawn.imageSmoothingEnabled = false;
    drawn.drawImage(mask, ...frame);
    drawn.globalCompositeOperation = "source-in";
    drawn.fillStyle = hatch(drawn, colour, ratio) ?? "transparent";
    drawn.fillRect(0, 0, lines.width, lines.height);
    pen.drawImage(lines, 0, 0);
  }

  #cross(pen: CanvasRenderingContext2D, [left, top, width, height]: [number, number, number, number], ratio: number): void {
    const [column, row] = spot(this.data, this.cut, this.index());
    const x = left + ((column + 0.5) / this.image.width) * width;
    const y = top + ((row + 0.5) / this.image.height) * height;
    const gap = 6 * ratio;
    for (const [colour, thick] of [[css("--paper", "#fff"), 3 * ratio], [css("--ink", "#000"), ratio]] as const) {
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.globalAlpha = 0.75;
      pen.beginPath();
      for (const [ax, ay, bx, by] of [[left, y, x - gap, y], [x + gap, y, left + width, y], [x, top, x, y - gap], [x, y + gap, x, top + height]] as const) {
        pen.moveTo(ax, ay);
        pen.lineTo(bx, by);
      }
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }
}

/** The largest width and height in mm of any slice. */
export function room({ shape, spacing }: VoxelData): [number, number] {
  const size = (axis: 0 | 1 | 2): number => shape[axis] * spacing[axis];
  return [Math.max(...CUTS.map((c) => size(c.right))), Math.max(...CUTS.map((c) => size(c.down)))];
}

function moved(index: Index, axis: 0 | 1 | 2, to: number, data: VoxelData): Index {
  const found: Index = [...index];
  found[axis] = within(to, data.shape[axis]);
  return found;
}
