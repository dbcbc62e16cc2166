/** Which place of a surface is under a point of the screen, and which lies next to it. */
import { axes, type Axes, type Camera, type Vector } from "./camera";

/** Points as they are on the screen: x, y in pixels, and how near in mm. */
export class Projection {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly near: Float32Array;
  at: Axes;

  constructor(
    readonly vertices: Float32Array,
    readonly triangles: Uint32Array,
    camera: Camera,
  ) {
    const n = vertices.length / 3;
    this.x = new Float32Array(n);
    this.y = new Float32Array(n);
    this.near = new Float32Array(n);
    this.at = axes(camera);
    this.update(camera);
  }

  update(camera: Camera): void {
    this.at = axes(camera);
    const { right, up, towards } = this.at;
    const [tx, ty, tz] = camera.target;
    const { vertices: p, x, y, near } = this;
    for (let i = 0, k = 0; i < x.length; i += 1, k += 3) {
      const [a, b, c] = [p[k]! - tx, p[k + 1]! - ty, p[k + 2]! - tz];
      x[i] = camera.width / 2 + camera.scale * (a * right[0] + b * right[1] + c * right[2]);
      y[i] = camera.height / 2 - camera.scale * (a * up[0] + b * up[1] + c * up[2]);
      near[i] = a * towards[0] + b * towards[1] + c * towards[2];
    }
  }
}

/** A place within a triangle: its corners and their shares. */
export interface Place {
  corners: [number, number, number];
  shares: [number, number, number];
}

/** The nearest place under (px, py), or null beside the surface. */
export function under({ x, y, near, triangles }: Projection, px: number, py: number): Place | null {
  let found: Place | null = null;
  let nearest = -Infinity;
  for (let t = 0; t < triangles.length; t += 3) {
    const [i, j, k] = [triangles[t]!, triangles[t + 1]!, triangles[t + 2]!];
    const [ax, ay, bx, by] = [x[j]! - x[i]!, y[j]! - y[i]!, x[k]! - x[i]!, y[k]! - y[i]!];
    const area = ax * by - bx * ay;
    if (Math.abs(area) < 1e-9) continue;
    const [qx, qy] = [px - x[i]!, py - y[i]!];
    const second = (qx * by - bx * qy) / area;
    const third = (ax * qy - qx * ay) / area;
    if (second < 0 || third < 0 || second + third > 1) continue;
    const first = 1 - second - third;
    const depth = first * near[i]! + second * near[j]! + third * near[k]!;
    if (depth > nearest) {
      nearest = depth;
      found = { corners: [i, j, k], shares: [first, second, third] };
    }
  }
  return found;
}

export function mixed(values: Float32Array, { corners, shares }: Place, start = 0): number {
  return corners.reduce((sum, corner, k) => sum + (shares[k]! === 0 ? 0 : shares[k]! * values[start + corner]!), 0);
}

export function where(vertices: Float32Array, { corners, shares }: Place): Vector {
  return [0, 1, 2].map((axis) => corners.reduce((sum, c, k) => sum + shares[k]! * vertices[3 * c + axis]!, 0)) as Vector;
}

export function atVertex(vertex: number): Place {
  return { corners: [vertex, vertex, vertex], shares: [1, 0, 0] };
}

export function nearestCorner({ corners, shares }: Place): number {
  return corners[shares.indexOf(Math.max(...shares))]!;
}

/** For each point, the points at the other ends of its edges. */
export function neighbours(points: number, triangles: Uint32Array): number[][] {
  const found = Array.from({ length: points }, () => new Set<number>());
  for (let t = 0; t < triangles.length; t += 3) {
    const [i, j, k] = [triangles[t]!, triangles[t + 1]!, triangles[t + 2]!];
    found[i]!.add(j).add(k);
    found[j]!.add(i).add(k);
    found[k]!.add(i).add(j);
  }
  return found.map((set) => [...set]);
}

/** The neighbour that lies most nearly in a direction of the screen, or the same point. */
export function next(shown: Projection, around: number[], from: number, right: number, up: number): number {
  let best = from;
  let highest = 0.2;
  for (const to of around) {
    const [dx, dy] = [shown.x[to]! - shown.x[from]!, shown.y[from]! - shown.y[to]!];
    const length = Math.hypot(dx, dy, 1e-6);
    const along = (dx * right + dy * up) / length;
    if (along > highest) [best, highest] = [to, along];
  }
  return best;
}

/** Whether every edge has two triangles, so that no inside can be seen. */
export function isClosed(points: number, triangles: Uint32Array): boolean {
  const open = new Set<number>();
  const meet = (i: number, j: number): void => {
    const edge = Math.min(i, j) * points + Math.max(i, j);
    if (!open.delete(edge)) open.add(edge);
  };
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k += 1) meet(triangles[t + k]!, triangles[t + ((k + 1) % 3)]!);
  }
  return open.size === 0;
}

/** Six times the volume inside; below 0 where the triangles are seen clockwise from outside. */
export function volume(vertices: Float32Array, triangles: Uint32Array): number {
  let sum = 0;
  for (let t = 0; t < triangles.length; t += 3) {
    const [i, j, k] = [3 * triangles[t]!, 3 * triangles[t + 1]!, 3 * triangles[t + 2]!];
    const [a, b, c] = [i, j, k].map((n) => [vertices[n]!, vertices[n + 1]!, vertices[n + 2]!] as Vector) as [Vector, Vector, Vector];
    sum += a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
  }
  return sum;
}

/** Normals of unit length at the points, weighted by area. */
export function normals(vertices: Float32Array, triangles: Uint32Array): Float32Array {
  const found = new Float32Array(vertices.length);
  for (let t = 0; t < triangles.length; t += 3) {
    const [i, j, k] = [3 * triangles[t]!, 3 * triangles[t + 1]!, 3 * triangles[t + 2]!];
    const a = [0, 1, 2].map((d) => vertices[j + d]! - vertices[i + d]!) as Vector;
    const b = [0, 1, 2].map((d) => vertices[k + d]! - vertices[i + d]!) as Vector;
    const cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    for (const corner of [i, j, k]) for (let d = 0; d < 3; d += 1) found[corner + d]! += cross[d]!;
  }
  for (let i = 0; i < found.length; i += 3) {
    const length = Math.hypot(found[i]!, found[i + 1]!, found[i + 2]!) || 1;
    for (let d = 0; d < 3; d += 1) found[i + d]! /= length;
  }
  return found;
}
