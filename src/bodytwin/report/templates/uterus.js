"use strict";
const held = JSON.parse(document.getElementById("uterus").textContent);
const unpack = (a) => new { float32: Float32Array, uint32: Uint32Array }[a.dtype](Uint8Array.from(atob(a.base64), (c) => c.charCodeAt(0)).buffer);
const faces = unpack(held.triangles);
const series = held.series.map((s) => ({ ...s, arrays: Object.fromEntries(Object.entries(s.arrays).map(([k, v]) => [k, unpack(v)])) }));
const count = series[0].arrays.stretch.length / series[0].weeks.length;
const reduced = (values, share) => Float32Array.from(values).sort()[Math.floor(share * (values.length - 1))];
const tops = { stretch: reduced(series[0].arrays.stretch, 0.95), width: reduced(series[0].arrays.width, 0.98) };
const ramps = { stretch: ["--least", "--half", "--most"], width: ["--sure", "--unsure", "--guess"] };
const colour = (name) => {
  const c = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  c.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim(); c.fillRect(0, 0, 1, 1);
  return Array.from(c.getImageData(0, 0, 1, 1).data.slice(0, 3), (v) => v / 255);
};
const view = { yaw: -1.95, pitch: 0.12, near: 1.35, week: series[0].weeks[0], by: "stretch" };

const first = series[0].arrays.place_mm.subarray(0, 3 * count), last = series[0].arrays.place_mm.subarray(-3 * count);
const low = [1e9, 1e9, 1e9], high = [-1e9, -1e9, -1e9];
for (const at of [first, last]) for (let i = 0; i < at.length; i++) { low[i % 3] = Math.min(low[i % 3], at[i]); high[i % 3] = Math.max(high[i % 3], at[i]); }
const middle = low.map((v, k) => (v + high[k]) / 2), size = Math.hypot(...low.map((v, k) => high[k] - v)) / 2;

const SEEN = `attribute vec3 at; attribute vec3 facing; attribute float value; uniform mat3 turn; uniform vec3 middle; uniform vec2 zoom;
varying vec3 n; varying float v; void main() { vec3 p = turn * (at - middle); n = turn * facing; v = value; gl_Position = vec4(p.xy * zoom, -p.z / 600.0, 1.0); }`;
const PAINT = `precision mediump float; varying vec3 n; varying float v; uniform float top; uniform vec3 low; uniform vec3 half_; uniform vec3 high;
void main() { float s = clamp(v / top, 0.0, 1.0); vec3 c = s < 0.5 ? mix(low, half_, 2.0 * s) : mix(half_, high, 2.0 * s - 1.0);
vec3 u = normalize(n); float light = 0.62 + 0.38 * abs(dot(u, normalize(vec3(0.25, 0.35, 1.0)))); gl_FragColor = vec4(c * light, 1.0); }`;

function program(gl) {
  const p = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, SEEN], [gl.FRAGMENT_SHADER, PAINT]]) {
    const s = gl.createShader(kind);
    gl.shaderSource(s, text); gl.compileShader(s); gl.attachShader(p, s);
  }
  gl.linkProgram(p);
  return p;
}

function between(of, name, week) {
  const width = of.arrays[name].length / of.weeks.length;
  let k = 0;
  while (k < of.weeks.length - 2 && week > of.weeks[k + 1]) k++;
  const one = of.arrays[name].subarray(k * width, (k + 1) * width);
  if (of.weeks.length === 1) return one;
  const two = of.arrays[name].subarray((k + 1) * width, (k + 2) * width);
  const t = Math.max(0, Math.min(1, (week - of.weeks[k]) / (of.weeks[k + 1] - of.weeks[k])));
  return one.map((v, i) => v + t * (two[i] - v));
}

function facing(at) {
  const n = new Float32Array(at.length);
  for (let f = 0; f < faces.length; f += 3) {
    const [a, b, c] = [faces[f] * 3, faces[f + 1] * 3, faces[f + 2] * 3];
    const u = [0, 1, 2].map((k) => at[b + k] - at[a + k]), v = [0, 1, 2].map((k) => at[c + k] - at[a + k]);
    const x = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    for (const p of [a, b, c]) for (let k = 0; k < 3; k++) n[p + k] += x[k];
  }
  return n;
}

const stages = [];
function stage(canvas, chosen) {
  const gl = canvas.getContext("webgl", { antialias: true, preserveDrawingBuffer: true });
  if (!gl || !gl.getExtension("OES_element_index_uint")) return false;
  const p = program(gl), buffers = Object.fromEntries(["at", "facing", "value"].map((name) => [name, gl.createBuffer()]));
  const index = gl.createBuffer();
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, index); gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, faces, gl.STATIC_DRAW);
  let grip = null;
  const draw = () => {
    const of = series[chosen()], name = of.arrays[view.by] ? view.by : "stretch";
    const ratio = devicePixelRatio || 1, w = canvas.clientWidth * ratio, h = canvas.clientHeight * ratio;
    if (!w || !h) return;
    if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
    gl.viewport(0, 0, w, h); gl.enable(gl.DEPTH_TEST); gl.clearColor(0, 0, 0, 0); gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.useProgram(p);
    const [cy, sy, cp, sp] = [Math.cos(view.yaw), Math.sin(view.yaw), Math.cos(view.pitch), Math.sin(view.pitch)];
    gl.uniformMatrix3fv(gl.getUniformLocation(p, "turn"), false, new Float32Array([cy, -sp * sy, sy * cp, sy, sp * cy, -cy * cp, 0, cp, sp]));
    gl.uniform3fv(gl.getUniformLocation(p, "middle"), middle);
    gl.uniform2fv(gl.getUniformLocation(p, "zoom"), [view.near / size * Math.min(1, h / w), view.near / size * Math.min(1, w / h)]);
    gl.uniform1f(gl.getUniformLocation(p, "top"), tops[name]);
    ["low", "half_", "high"].forEach((u, k) => gl.uniform3fv(gl.getUniformLocation(p, u), colour(ramps[name][k])));
    const at = between(of, "place_mm", view.week);
    for (const [key, data, width] of [["at", at, 3], ["facing", facing(at), 3], ["value", between(of, name, view.week), 1]]) {
      const place = gl.getAttribLocation(p, key);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffers[key]); gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
      gl.enableVertexAttribArray(place); gl.vertexAttribPointer(place, width, gl.FLOAT, false, 0, 0);
    }
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, index);
    gl.drawElements(gl.TRIANGLES, faces.length, gl.UNSIGNED_INT, 0);
  };
  const turnBy = (a, b) => { view.yaw -= a; view.pitch = Math.max(-1.5, Math.min(1.5, view.pitch + b)); all(); };
  canvas.onpointerdown = (e) => { grip = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); };
  canvas.onpointermove = (e) => { if (grip) { turnBy((e.clientX - grip[0]) / 120, (e.clientY - grip[1]) / 120); grip = [e.clientX, e.clientY]; } };
  canvas.onpointerup = canvas.onpointercancel = () => { grip = null; };
  canvas.onkeydown = (e) => {
    const step = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] }[e.key];
    if (step) turnBy(...step);
    else if (e.key === "+" || e.key === "-") { view.near = Math.max(0.6, Math.min(4, view.near * (e.key === "+" ? 1.2 : 1 / 1.2))); all(); }
    else return;
    e.preventDefault();
  };
  new ResizeObserver(draw).observe(canvas);
  stages.push(draw);
  return true;
}
const all = () => stages.forEach((draw) => draw());

const box = document.getElementById("view"), option = document.getElementById("option");
const other = () => option ? Number(option.value) : 0;
const [left, right] = box.querySelectorAll("canvas");
if (stage(left, () => 0)) {
  box.hidden = false;
  if (right) stage(right, other);
  const week = document.getElementById("week"), told = document.getElementById("told");
  const say = () => {
    const whole = Math.floor(view.week + 1e-6), days = Math.round(7 * (view.week - whole));
    told.textContent = `${whole} weeks${days ? ` and ${days} days` : ""}`;
    document.getElementById("most").textContent = `${(100 * tops[view.by]).toFixed(1)} % or more`;
    document.getElementById("ramp").className = view.by;
  };
  if (week) week.oninput = () => { view.week = Number(week.value); say(); all(); };
  for (const radio of document.querySelectorAll("input[name=by]")) radio.onchange = () => { view.by = radio.value; box.dataset.by = view.by; say(); all(); };
  if (option) option.onchange = () => {
    const of = series[other()];
    if (of.weeks.length === 1 && week) { view.week = of.weeks[0]; week.value = view.week; say(); }
    all();
  };
  document.getElementById("back").onclick = () => { Object.assign(view, { yaw: -1.95, pitch: 0.12, near: 1.35 }); all(); };
  document.getElementById("closer").onclick = () => { view.near = view.near > 3 ? 1 : view.near * 1.4; all(); };
  matchMedia("(prefers-color-scheme: dark)").onchange = all;
  say();
}
