"use strict";
const held = JSON.parse(document.getElementById("heart").textContent);
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
const kinds = { float32: Float32Array, uint32: Uint32Array, uint8: Uint8Array };
const unpack = (a) => new kinds[a.dtype](bytes(a.base64));
const at = unpack(held.arrays.vertices), faces = unpack(held.arrays.triangles);
const tissue = Float32Array.from(unpack(held.arrays.tissue));
const count = at.length / 3;
const style = getComputedStyle(document.documentElement);
const rgb = (name) => {
  const c = document.createElement("canvas").getContext("2d");
  c.fillStyle = style.getPropertyValue(name).trim(); c.fillRect(0, 0, 1, 1);
  return Array.from(c.getImageData(0, 0, 1, 1).data.slice(0, 3), (v) => v / 255);
};

function normals() {
  const n = new Float32Array(at.length);
  for (let f = 0; f < faces.length; f += 3) {
    const [a, b, c] = [faces[f] * 3, faces[f + 1] * 3, faces[f + 2] * 3];
    const u = [0, 1, 2].map((k) => at[b + k] - at[a + k]), v = [0, 1, 2].map((k) => at[c + k] - at[a + k]);
    const x = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    for (const p of [a, b, c]) for (let k = 0; k < 3; k++) n[p + k] += x[k];
  }
  return n;
}

const low = [1e9, 1e9, 1e9], high = [-1e9, -1e9, -1e9];
for (let i = 0; i < at.length; i++) { low[i % 3] = Math.min(low[i % 3], at[i]); high[i % 3] = Math.max(high[i % 3], at[i]); }
const middle = low.map((v, k) => (v + high[k]) / 2);
const size = Math.hypot(...low.map((v, k) => high[k] - v)) / 2;

const SEEN = `attribute vec3 at; attribute vec3 facing; attribute float tissue; attribute float lat;
uniform mat3 turn; uniform vec3 middle; uniform vec2 zoom; varying vec3 n; varying float kind; varying float when;
void main() { vec3 p = turn * (at - middle); n = turn * facing; kind = tissue; when = lat;
gl_Position = vec4(p.xy * zoom, -p.z / 400.0, 1.0); }`;
const PAINT = `precision mediump float; varying vec3 n; varying float kind; varying float when;
uniform float now; uniform float cycle; uniform vec3 muscle; uniform vec3 border; uniform vec3 scar; uniform vec3 wave;
void main() { vec3 c = kind < 0.5 ? muscle : kind < 1.5 ? border : kind < 2.5 ? scar : kind < 3.5 ? border : vec3(0.05);
if (cycle > 0.0 && when >= 0.0) { float past = mod(now - when, cycle); c = mix(c, wave, exp(-past / 28.0)); 
float line = abs(fract(when / 40.0) - 0.5); if (line < 0.03) c *= 0.8; }
float light = 0.45 + 0.55 * abs(normalize(n).z); gl_FragColor = vec4(c * light, 1.0); }`;
const DOT = `attribute vec3 at; attribute vec3 colour; uniform mat3 turn; uniform vec3 middle; uniform vec2 zoom; uniform float wide;
varying vec3 c; void main() { vec3 p = turn * (at - middle); c = colour; gl_Position = vec4(p.xy * zoom, -p.z / 400.0 - 0.02, 1.0); gl_PointSize = wide; }`;
const PLAIN = "precision mediump float; varying vec3 c; uniform float round_; void main() { if (round_ > 0.5 && length(gl_PointCoord - 0.5) > 0.5) discard; gl_FragColor = vec4(c, 1.0); }";

function program(gl, vertex, fragment) {
  const p = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const s = gl.createShader(kind);
    gl.shaderSource(s, text); gl.compileShader(s); gl.attachShader(p, s);
  }
  gl.linkProgram(p);
  return p;
}

function lookAt(circuit) {
  const spots = circuit ? circuit.path_mm : [];
  if (!spots.length) return [0, -1, 0];
  return middle.map((m, k) => spots.reduce((sum, p) => sum + p[k], 0) / spots.length - m);
}

function show(canvas, circuit, marks) {
  const gl = canvas.getContext("webgl", { antialias: true, preserveDrawingBuffer: true });
  if (!gl || !gl.getExtension("OES_element_index_uint")) { canvas.hidden = true; return; }
  const body = program(gl, SEEN, PAINT), dots = program(gl, DOT, PLAIN);
  const lat = circuit ? unpack(circuit.arrays.lat) : new Float32Array(count).fill(-1);
  for (let i = 0; i < count; i++) if (Number.isNaN(lat[i])) lat[i] = -1;
  const fill = (data, kind = gl.ARRAY_BUFFER) => { const b = gl.createBuffer(); gl.bindBuffer(kind, b); gl.bufferData(kind, data, gl.STATIC_DRAW); return b; };
  const buffers = { at: [fill(at), 3], facing: [fill(normals()), 3], tissue: [fill(tissue), 1], lat: [fill(lat), 1] };
  const index = fill(faces, gl.ELEMENT_ARRAY_BUFFER);
  const spots = marks.flatMap((m) => m.at), colours = marks.flatMap((m) => m.colour);
  const path = circuit ? circuit.path_mm.flat() : [];
  const ring = circuit ? circuit.path_mm.flatMap(() => rgb("--harm")) : [];
  const dotBuffers = [fill(new Float32Array(spots)), fill(new Float32Array(colours)), fill(new Float32Array(path)), fill(new Float32Array(ring))];
  const towards = lookAt(circuit), size3 = Math.hypot(...towards) || 1;
  let yaw = Math.atan2(towards[0], -towards[1]), pitch = Math.max(-1, Math.min(1, Math.asin(towards[2] / size3))), grip = null;
  const cycle = circuit ? circuit.cycle_length_ms : 0;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const play = canvas.parentElement.querySelector("button");
  let running = !still && cycle > 0;
  if (play) {
    const label = () => { play.textContent = running ? "Pause" : "Play"; };
    play.hidden = !cycle; label();
    play.onclick = () => { running = !running; label(); draw(); };
  }
  let now = 0, last = 0;
  function draw(time = 0) {
    if (running) now += Math.min(50, time - last) * 0.25;
    last = time;
    const ratio = devicePixelRatio || 1, w = canvas.clientWidth * ratio, h = canvas.clientHeight * ratio;
    if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
    gl.viewport(0, 0, w, h); gl.enable(gl.DEPTH_TEST); gl.clearColor(0, 0, 0, 0); gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    const turn = new Float32Array([cy, -sp * sy, sy * cp, sy, sp * cy, -cy * cp, 0, cp, sp]);
    const zoom = [0.98 / size * Math.min(1, h / w), 0.98 / size * Math.min(1, w / h)];
    const common = (p) => {
      gl.useProgram(p);
      gl.uniformMatrix3fv(gl.getUniformLocation(p, "turn"), false, turn);
      gl.uniform3fv(gl.getUniformLocation(p, "middle"), middle);
      gl.uniform2fv(gl.getUniformLocation(p, "zoom"), zoom);
    };
    common(body);
    for (const [name, [buffer, width]] of Object.entries(buffers)) {
      const place = gl.getAttribLocation(body, name);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer); gl.enableVertexAttribArray(place); gl.vertexAttribPointer(place, width, gl.FLOAT, false, 0, 0);
    }
    gl.uniform1f(gl.getUniformLocation(body, "now"), now); gl.uniform1f(gl.getUniformLocation(body, "cycle"), cycle);
    for (const [name, v] of [["muscle", "--muscle"], ["border", "--border"], ["scar", "--scar"], ["wave", "--wave"]]) gl.uniform3fv(gl.getUniformLocation(body, name), rgb(v));
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, index);
    gl.drawElements(gl.TRIANGLES, faces.length, gl.UNSIGNED_INT, 0);
    common(dots);
    const lines = (one, two, mode, n, wide, round) => {
      for (const [name, buffer] of [["at", one], ["colour", two]]) {
        const place = gl.getAttribLocation(dots, name);
        gl.bindBuffer(gl.ARRAY_BUFFER, buffer); gl.enableVertexAttribArray(place); gl.vertexAttribPointer(place, 3, gl.FLOAT, false, 0, 0);
      }
      gl.uniform1f(gl.getUniformLocation(dots, "wide"), wide); gl.uniform1f(gl.getUniformLocation(dots, "round_"), round);
      gl.drawArrays(mode, 0, n);
    };
    if (marks.length) lines(dotBuffers[0], dotBuffers[1], gl.POINTS, marks.length, 11 * ratio, 1);
    if (path.length) { gl.disable(gl.DEPTH_TEST); lines(dotBuffers[2], dotBuffers[3], gl.POINTS, path.length / 3, 4 * ratio, 1); }
    if (running) requestAnimationFrame(draw);
  }
  const turnBy = (a, b) => { yaw -= a; pitch = Math.max(-1.5, Math.min(1.5, pitch + b)); if (!running) draw(last); };
  canvas.onpointerdown = (e) => { grip = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); };
  canvas.onpointermove = (e) => { if (grip) { turnBy((e.clientX - grip[0]) / 120, (e.clientY - grip[1]) / 120); grip = [e.clientX, e.clientY]; } };
  canvas.onpointerup = () => { grip = null; };
  canvas.onkeydown = (e) => {
    const step = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] }[e.key];
    if (step) { turnBy(...step); e.preventDefault(); }
  };
  new ResizeObserver(() => { if (!running) draw(last); }).observe(canvas);
  draw();
}

for (const canvas of document.querySelectorAll("canvas[data-circuit]")) {
  const circuit = canvas.dataset.circuit === "" ? null : held.circuits[Number(canvas.dataset.circuit)];
  const marks = held.marks.map((m) => ({ at: m.at, colour: rgb(m.colour) }));
  show(canvas, circuit, marks);
}
