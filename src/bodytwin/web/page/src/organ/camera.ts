/**
 * From where the organ is seen.
 *
 * The view is orthographic, so that lengths on the screen are lengths in the organ, and turns about
 * the z axis, which stays upright.
 */

export type Vector = [number, number, number];

export interface Camera {
  /** Angles in radians: about z from x, and above the plane of x and y. */
  azimuth: number;
  elevation: number;
  /** What is in the middle of the view, in mm. */
  target: Vector;
  /** Pixels of the style sheet to a mm. */
  scale: number;
  width: number;
  height: number;
}

export interface Axes {
  right: Vector;
  up: Vector;
  /** From what is seen to the eye. */
  towards: Vector;
}

export interface Ball {
  centre: Vector;
  radius: number;
}

const STEEPEST = (88 * Math.PI) / 180;
const ROOM = 0.86;
const ZOOM = { smallest: 0.2, largest: 60 };

export function axes({ azimuth, elevation }: Camera): Axes {
  const [ca, sa, ce, se] = [Math.cos(azimuth), Math.sin(azimuth), Math.cos(elevation), Math.sin(elevation)];
  return { right: [-sa, ca, 0], up: [-se * ca, -se * sa, ce], towards: [ce * ca, ce * sa, se] };
}

/** The smallest ball about the middle of the box around points (x, y, z, x, y, z, …). */
export function ball(points: Float32Array): Ball {
  const low: Vector = [Infinity, Infinity, Infinity];
  const high: Vector = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 3) {
    for (let k = 0; k < 3; k += 1) {
      low[k] = Math.min(low[k]!, points[i + k]!);
      high[k] = Math.max(high[k]!, points[i + k]!);
    }
  }
  const centre = low.map((l, k) => (l + high[k]!) / 2) as Vector;
  let radius = 1e-6;
  for (let i = 0; i < points.length; i += 3) {
    radius = Math.max(radius, Math.hypot(points[i]! - centre[0], points[i + 1]! - centre[1], points[i + 2]! - centre[2]));
  }
  return { centre, radius };
}

/** Show all points: as large as they are from here, and never far beyond the ball around them. */
export function fitted(camera: Camera, { centre, radius }: Ball, points: Float32Array): void {
  const { right, up } = axes(camera);
  const [x, y] = [extent(points, right), extent(points, up)];
  camera.target = [0, 1, 2].map((d) => centre[d]! + off(x, right, centre) * right[d]! + off(y, up, centre) * up[d]!) as Vector;
  const fit = Math.min(camera.width / Math.max(x[1] - x[0], radius), camera.height / Math.max(y[1] - y[0], radius));
  camera.scale = ROOM * fit;
}

function extent(points: Float32Array, along: Vector): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 3) {
    const at = points[i]! * along[0] + points[i + 1]! * along[1] + points[i + 2]! * along[2];
    low = Math.min(low, at);
    high = Math.max(high, at);
  }
  return [low, high];
}

function off([low, high]: [number, number], along: Vector, centre: Vector): number {
  return (low + high) / 2 - dot(along, centre);
}

export function turned(camera: Camera, right: number, up: number): void {
  camera.azimuth -= right;
  camera.elevation = Math.min(STEEPEST, Math.max(-STEEPEST, camera.elevation + up));
}

/** Move what is seen by pixels to the right and down. */
export function moved(camera: Camera, right: number, down: number): void {
  const at = axes(camera);
  for (let k = 0; k < 3; k += 1) {
    camera.target[k]! += (-right * at.right[k]! + down * at.up[k]!) / camera.scale;
  }
}

/** Nearer by a factor; the point under (x, y) stays there. */
export function nearer(camera: Camera, factor: number, around: Ball, x = camera.width / 2, y = camera.height / 2): void {
  const whole = (ROOM * Math.min(camera.width, camera.height)) / (2 * around.radius);
  const scale = Math.min(ZOOM.largest * whole, Math.max(ZOOM.smallest * whole, camera.scale * factor));
  const change = 1 - scale / camera.scale;
  const [dx, dy] = [(x - camera.width / 2) * change, (y - camera.height / 2) * change];
  camera.scale = scale;
  moved(camera, dx, dy);
}

/** So that a direction (of unit length) looks at the reader. */
export function faced(camera: Camera, direction: Vector): void {
  camera.elevation = Math.min(STEEPEST, Math.max(-STEEPEST, Math.asin(Math.min(1, Math.max(-1, direction[2])))));
  if (Math.hypot(direction[0], direction[1]) > 1e-6) camera.azimuth = Math.atan2(direction[1], direction[0]);
}

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function unitLength(v: Vector): Vector {
  const length = Math.hypot(...v) || 1;
  return [v[0] / length, v[1] / length, v[2] / length];
}

/** Where a point is on the screen. */
export function seen(camera: Camera, at: Axes, point: Vector): [number, number] {
  const away: Vector = [point[0] - camera.target[0], point[1] - camera.target[1], point[2] - camera.target[2]];
  return [camera.width / 2 + camera.scale * dot(away, at.right), camera.height / 2 - camera.scale * dot(away, at.up)];
}
