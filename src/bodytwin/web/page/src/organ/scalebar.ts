/** A length to compare with, and which way the axes point: drawn over the picture. */
import { step } from "../scale";
import { axes, type Camera } from "./camera";
import { css } from "./colour";

const WANTED = 96;
const AXIS = 22;

export function overlay(canvas: HTMLCanvasElement, camera: Camera): void {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const ratio = Math.min(2, devicePixelRatio || 1);
  const [width, height] = [Math.round(camera.width * ratio), Math.round(camera.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, camera.width, camera.height);
  pen.strokeStyle = pen.fillStyle = css("--muted", "#555");
  pen.font = "12px system-ui, sans-serif";
  bar(pen, camera);
  triad(pen, camera);
}

function bar(pen: CanvasRenderingContext2D, camera: Camera): void {
  const mm = step(WANTED / camera.scale, 1);
  const [x, y, length] = [14, camera.height - 14, mm * camera.scale];
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x, y - 4);
  pen.lineTo(x, y);
  pen.lineTo(x + length, y);
  pen.lineTo(x + length, y - 4);
  pen.stroke();
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.fillText(mm >= 10 ? `${mm / 10}\u00a0cm` : `${Number(mm.toPrecision(2))}\u00a0mm`, x, y - 8);
}

function triad(pen: CanvasRenderingContext2D, camera: Camera): void {
  const { right, up } = axes(camera);
  const [cx, cy] = [camera.width - 40, camera.height - 38];
  pen.lineWidth = 1.25;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  ["x", "y", "z"].forEach((name, k) => {
    const [dx, dy] = [right[k]! * AXIS, -up[k]! * AXIS];
    pen.beginPath();
    pen.moveTo(cx, cy);
    pen.lineTo(cx + dx, cy + dy);
    pen.stroke();
    const out = 1 + 9 / Math.max(8, Math.hypot(dx, dy));
    if (Math.hypot(dx, dy) > 5) pen.fillText(name, cx + dx * out, cy + dy * out);
  });
}
