/** The heart in three dimensions: tissue, the wave that runs over it, sites, lesions. */
import { rgb } from "../palette";
import { colour } from "../theme";

export type Point = [number, number, number];

export interface Body { vertices: Float32Array; triangles: Uint32Array; tissue: Uint8Array }

export interface Mark { at: Point; colour: string; wide: number }

export interface Wave { lat: Float32Array; cycle: number; path: Point[] }

export interface Scene {
  marks(found: Mark[]): void;
  wave(found: Wave | null): void;
  play(on: boolean): void;
  turn(right: number, up: number): void;
  face(at: Point): void;
  destroy(): void;
}

const BODY = `attribute vec3 at; attribute vec3 facing; attribute float tissue; attribute float lat;
uniform mat3 turn; uniform vec3 middle; uniform vec2 zoom; varying vec3 n; varying float kind; varying float when;
void main() { vec3 p = turn * (at - middle); n = turn * facing; kind = tissue; when = lat;
gl_Position = vec4(p.xy * zoom, -p.z / 400.0, 1.0); }`;
const PAINT = `precision mediump float; varying vec3 n; varying float kind; varying float when;
uniform float now; uniform float cycle; uniform vec3 muscle; uniform vec3 border; uniform vec3 scar; uniform vec3 wave;
void main() { vec3 c = kind < 0.5 ? muscle : kind < 1.5 ? border : kind < 2.5 ? scar : kind < 3.5 ? border : vec3(0.05);
if (cycle > 0.0 && when >= 0.0) { c = mix(c, wave, exp(-mod(now - when, cycle) / 28.0));
if (abs(fract(when / 40.0) - 0.5) < 0.03) c *= 0.8; }
gl_FragColor = vec4(c * (0.45 + 0.55 * abs(normalize(n).z)), 1.0); }`;
const DOT = `attribute vec3 at; attribute vec3 colour; attribute float wide; uniform mat3 turn; uniform vec3 middle; uniform vec2 zoom;
uniform float ratio; varying vec3 c; void main() { vec3 p = turn * (at - middle); c = colour;
gl_Position = vec4(p.xy * zoom, -p.z / 400.0 - 0.02, 1.0); gl_PointSize = wide * ratio; }`;
const ROUND = "precision mediump float; varying vec3 c; void main() { if (length(gl_PointCoord - 0.5) > 0.5) discard; gl_FragColor = vec4(c, 1.0); }";
const SLOW = 0.25;
const FILL = 1.25;

function made(gl: WebGLRenderingContext, vertex: string, fragment: string): WebGLProgram {
  const program = gl.createProgram()!;
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
    const shader = gl.createShader(kind)!;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return program;
}

function normals({ vertices, triangles }: Body): Float32Array {
  const found = new Float32Array(vertices.length);
  const at = (v: number, k: number): number => vertices[3 * v + k]!;
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [triangles[t]!, triangles[t + 1]!, triangles[t + 2]!];
    const [ux, uy, uz] = [0, 1, 2].map((k) => at(b, k) - at(a, k)) as Point;
    const [vx, vy, vz] = [0, 1, 2].map((k) => at(c, k) - at(a, k)) as Point;
    const n = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    for (const v of [a, b, c]) for (let k = 0; k < 3; k++) found[3 * v + k]! += n[k]!;
  }
  return found;
}

function bounds(vertices: Float32Array): { middle: Point; size: number } {
  const low: Point = [1e9, 1e9, 1e9];
  const high: Point = [-1e9, -1e9, -1e9];
  for (let i = 0; i < vertices.length; i++) {
    low[i % 3] = Math.min(low[i % 3]!, vertices[i]!);
    high[i % 3] = Math.max(high[i % 3]!, vertices[i]!);
  }
  return { middle: low.map((v, k) => (v + high[k]!) / 2) as Point, size: Math.hypot(...low.map((v, k) => high[k]! - v)) / 2 };
}

/** Null where the browser has no WebGL. `picked` is told which vertex was clicked. */
export function sceneOn(canvas: HTMLCanvasElement, body: Body, picked: (vertex: number) => void): Scene | null {
  const gl = canvas.getContext("webgl", { antialias: true, preserveDrawingBuffer: true });
  if (!gl?.getExtension("OES_element_index_uint")) return null;
  const count = body.vertices.length / 3;
  const { middle, size } = bounds(body.vertices);
  const paint = made(gl, BODY, PAINT);
  const dots = made(gl, DOT, ROUND);
  const held = (data: Float32Array, kind: number = gl.ARRAY_BUFFER, raw?: Uint32Array): WebGLBuffer => {
    const buffer = gl.createBuffer()!;
    gl.bindBuffer(kind, buffer);
    gl.bufferData(kind, raw ?? data, gl.STATIC_DRAW);
    return buffer;
  };
  const buffers = {
    at: held(body.vertices),
    facing: held(normals(body)),
    tissue: held(Float32Array.from(body.tissue)),
    lat: held(new Float32Array(count).fill(-1)),
  };
  const index = held(body.vertices, gl.ELEMENT_ARRAY_BUFFER, body.triangles);
  const spots = { at: gl.createBuffer()!, colour: gl.createBuffer()!, wide: gl.createBuffer()! };
  let spotCount = 0;
  let pathFrom = 0;
  let marked: Mark[] = [];
  let running = false;
  let shown: Wave | null = null;
  let [yaw, pitch, now, last, frame] = [0, 0.1, 0, 0, 0];
  let grip: { x: number; y: number; moved: number } | null = null;

  function rotation(): Float32Array {
    const [ca, sa, ce, se] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    return new Float32Array([ca, -se * sa, sa * ce, sa, se * ca, -ca * ce, 0, ce, se]);
  }
  function zoom(): [number, number] {
    const [w, h] = [canvas.clientWidth, canvas.clientHeight];
    return [(FILL / size) * Math.min(1, h / w), (FILL / size) * Math.min(1, w / h)];
  }
  function feed(program: WebGLProgram, name: string, buffer: WebGLBuffer, width: number): void {
    const place = gl!.getAttribLocation(program, name);
    if (place < 0) return;
    gl!.bindBuffer(gl!.ARRAY_BUFFER, buffer);
    gl!.enableVertexAttribArray(place);
    gl!.vertexAttribPointer(place, width, gl!.FLOAT, false, 0, 0);
  }
  function common(program: WebGLProgram): void {
    gl!.useProgram(program);
    gl!.uniformMatrix3fv(gl!.getUniformLocation(program, "turn"), false, rotation());
    gl!.uniform3fv(gl!.getUniformLocation(program, "middle"), middle);
    gl!.uniform2fv(gl!.getUniformLocation(program, "zoom"), zoom());
  }
  function draw(time = last): void {
    frame = 0;
    if (running) now += Math.min(50, time - last) * SLOW;
    last = time;
    const ratio = devicePixelRatio || 1;
    const [w, h] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    gl!.viewport(0, 0, w, h);
    gl!.enable(gl!.DEPTH_TEST);
    gl!.clearColor(0, 0, 0, 0);
    gl!.clear(gl!.COLOR_BUFFER_BIT | gl!.DEPTH_BUFFER_BIT);
    common(paint);
    feed(paint, "at", buffers.at, 3);
    feed(paint, "facing", buffers.facing, 3);
    feed(paint, "tissue", buffers.tissue, 1);
    feed(paint, "lat", buffers.lat, 1);
    gl!.uniform1f(gl!.getUniformLocation(paint, "now"), now);
    gl!.uniform1f(gl!.getUniformLocation(paint, "cycle"), shown?.cycle ?? 0);
    for (const name of ["muscle", "border", "scar", "wave"]) {
      gl!.uniform3fv(gl!.getUniformLocation(paint, name), rgb(colour(`--heart-${name}`)));
    }
    gl!.bindBuffer(gl!.ELEMENT_ARRAY_BUFFER, index);
    gl!.drawElements(gl!.TRIANGLES, body.triangles.length, gl!.UNSIGNED_INT, 0);
    if (spotCount) {
      common(dots);
      feed(dots, "at", spots.at, 3);
      feed(dots, "colour", spots.colour, 3);
      feed(dots, "wide", spots.wide, 1);
      gl!.uniform1f(gl!.getUniformLocation(dots, "ratio"), ratio);
      gl!.drawArrays(gl!.POINTS, 0, pathFrom);
      gl!.disable(gl!.DEPTH_TEST);
      if (spotCount > pathFrom) gl!.drawArrays(gl!.POINTS, pathFrom, spotCount - pathFrom);
    }
    if (running) ask();
  }
  function ask(): void {
    if (!frame) frame = requestAnimationFrame(draw);
  }
  function filled(): void {
    const path = (shown?.path ?? []).map((at): Mark => ({ at, colour: "--harm", wide: 4 }));
    const every = [...marked, ...path];
    const put = (buffer: WebGLBuffer, data: number[]): void => {
      gl!.bindBuffer(gl!.ARRAY_BUFFER, buffer);
      gl!.bufferData(gl!.ARRAY_BUFFER, new Float32Array(data), gl!.STATIC_DRAW);
    };
    put(spots.at, every.flatMap((m) => m.at));
    put(spots.colour, every.flatMap((m) => rgb(colour(m.colour))));
    put(spots.wide, every.map((m) => m.wide));
    [spotCount, pathFrom] = [every.length, marked.length];
    ask();
  }
  function pick(x: number, y: number): number {
    const [m, [zx, zy]] = [rotation(), zoom()];
    const [w, h] = [canvas.clientWidth, canvas.clientHeight];
    let [best, depth] = [-1, -1e9];
    for (let v = 0; v < count; v++) {
      const [a, b, c] = [0, 1, 2].map((k) => body.vertices[3 * v + k]! - middle[k]!) as Point;
      const sx = ((m[0]! * a + m[3]! * b + m[6]! * c) * zx + 1) * 0.5 * w;
      const sy = (1 - (m[1]! * a + m[4]! * b + m[7]! * c) * zy) * 0.5 * h;
      if (Math.hypot(sx - x, sy - y) > 6) continue;
      const z = m[2]! * a + m[5]! * b + m[8]! * c;
      if (z > depth) [best, depth] = [v, z];
    }
    return best;
  }
  const turn = (right: number, up: number): void => {
    yaw -= right;
    pitch = Math.max(-1.5, Math.min(1.5, pitch + up));
    ask();
  };
  canvas.onpointerdown = (e) => {
    grip = { x: e.clientX, y: e.clientY, moved: 0 };
    canvas.setPointerCapture(e.pointerId);
  };
  canvas.onpointermove = (e) => {
    if (!grip) return;
    const [dx, dy] = [e.clientX - grip.x, e.clientY - grip.y];
    grip = { x: e.clientX, y: e.clientY, moved: grip.moved + Math.abs(dx) + Math.abs(dy) };
    turn(dx / 120, dy / 120);
  };
  canvas.onpointerup = (e) => {
    const still = grip && grip.moved < 4;
    grip = null;
    if (!still) return;
    const at = canvas.getBoundingClientRect();
    const vertex = pick(e.clientX - at.left, e.clientY - at.top);
    if (vertex >= 0) picked(vertex);
  };
  const size_ = new ResizeObserver(ask);
  size_.observe(canvas);
  ask();
  return {
    marks(found) {
      marked = found;
      filled();
    },
    wave(found) {
      shown = found;
      const lat = found ? found.lat.map((v) => (Number.isNaN(v) ? -1 : v)) : new Float32Array(count).fill(-1);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffers.lat);
      gl.bufferData(gl.ARRAY_BUFFER, lat, gl.STATIC_DRAW);
      filled();
    },
    play(on) {
      running = on && shown !== null;
      ask();
    },
    turn,
    face(at) {
      const d = at.map((v, k) => v - middle[k]!) as Point;
      yaw = Math.atan2(d[0], -d[1]);
      pitch = Math.max(-1, Math.min(1, Math.asin(d[2] / (Math.hypot(...d) || 1))));
      ask();
    },
    destroy() {
      size_.disconnect();
      cancelAnimationFrame(frame);
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}
