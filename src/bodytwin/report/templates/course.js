"use strict";
const held = JSON.parse(document.getElementById("course").textContent);
const kinds = { float32: Float32Array, uint32: Uint32Array, uint16: Uint16Array, uint8: Uint8Array };
async function unpack(a) {
  const packed = Uint8Array.from(atob(a.base64), (c) => c.charCodeAt(0));
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new kinds[a.dtype](await new Response(plain).arrayBuffer());
}
const [nx, ny, nz] = held.shape, [sx, sy, sz] = held.spacing_mm;
const at = (x, y, z) => (x * ny + y) * nz + z;
const colours = held.regions.map((r) => [1, 3, 5].map((k) => parseInt(r.colour.slice(k, k + 2), 16)));
const RAMP = [[0.10, [40, 60, 160]], [0.35, [40, 150, 190]], [0.60, [60, 170, 90]], [0.80, [230, 200, 60]], [0.95, [235, 120, 40]], [1.08, [200, 30, 40]]];
function ramp(share) {
  for (let k = 1; k < RAMP.length; k++) if (share <= RAMP[k][0]) {
    const [a, p] = RAMP[k - 1], [b, q] = RAMP[k], t = Math.max(0, (share - a) / (b - a));
    return p.map((v, i) => v + t * (q[i] - v));
  }
  return RAMP[RAMP.length - 1][1];
}
const towards = (v) => (v > 0 ? [210, 60, 50] : [50, 110, 210]);

(async () => {
  const image = await unpack(held.arrays.image), regions = await unpack(held.arrays.regions);
  const doses = await Promise.all(held.doses.map((d) => unpack(d.array)));
  const shown = held.regions.map(() => true);
  let which = doses.length - 1, place = middle();
  const views = [...document.querySelectorAll("canvas[data-axis]")];
  const flat = views.filter((c) => c.dataset.axis !== "3");

  function middle() {
    const target = held.regions.findIndex((r) => r.target), sums = [0, 0, 0]; let n = 0;
    for (let x = 0; x < nx; x++) for (let y = 0; y < ny; y++) for (let z = 0; z < nz; z++)
      if ((regions[at(x, y, z)] >>> target) & 1) { sums[0] += x; sums[1] += y; sums[2] += z; n++; }
    return n ? sums.map((s) => Math.round(s / n)) : [nx >> 1, ny >> 1, nz >> 1];
  }

  const low = [nx, ny, nz], high = [0, 0, 0];
  const around = 6;
  for (let x = 0; x < nx; x++) for (let y = 0; y < ny; y++) for (let z = 0; z < nz; z++)
    if (regions[at(x, y, z)] || (doses.length && doses[0][at(x, y, z)] > 0.05 * held.prescribed_gy)) [x, y, z].forEach((v, k) => { low[k] = Math.min(low[k], v); high[k] = Math.max(high[k], v); });

  [nx, ny, nz].forEach((n, k) => { low[k] = Math.max(0, low[k] - around); high[k] = Math.min(n - 1, high[k] + around); });

  const SCALE = 4;
  function plane(axis) {
    return axis === 2
      ? { w: high[0] - low[0] + 1, h: high[1] - low[1] + 1, sw: sx, sh: sy, read: (i, j) => at(low[0] + i, low[1] + j, place[2]), of: (i, j) => [low[0] + i, low[1] + j, place[2]] }
      : { w: high[0] - low[0] + 1, h: high[2] - low[2] + 1, sw: sx, sh: sz, read: (i, j) => at(low[0] + i, place[1], high[2] - j), of: (i, j) => [low[0] + i, place[1], high[2] - j] };
  }

  function doseAt(k) {
    return which >= 0 ? doses[which][k] : doses[doses.length - 1][k] - doses[0][k];
  }

  function draw(canvas) {
    const axis = Number(canvas.dataset.axis), p = plane(axis);
    const small = new ImageData(p.w, p.h), n = p.w * p.h;
    for (let j = 0; j < p.h; j++) for (let i = 0; i < p.w; i++) {
      const k = p.read(i, j), o = 4 * (j * p.w + i), grey = image[k], gy = doseAt(k);
      let mixed = [grey, grey, grey];
      const share = gy / held.prescribed_gy;
      if (which >= 0 && share > 0.1) { const c = ramp(share); mixed = mixed.map((v, q) => 0.62 * v + 0.55 * c[q]); }
      if (which < 0 && Math.abs(gy) > 0.5) { const t = Math.min(0.7, Math.abs(gy) / 15), c = towards(gy); mixed = mixed.map((v, q) => (1 - t) * v + t * c[q]); }
      small.data.set([...mixed.map((v) => Math.min(255, v)), 255], o);
    }
    const source = document.createElement("canvas");
    source.width = p.w; source.height = p.h; source.getContext("2d").putImageData(small, 0, 0);
    const unit = Math.min(p.sw, p.sh);
    canvas.width = Math.round(p.w * p.sw / unit * SCALE); canvas.height = Math.round(p.h * p.sh / unit * SCALE);
    const g = canvas.getContext("2d");
    g.imageSmoothingEnabled = true; g.imageSmoothingQuality = "high";
    g.drawImage(source, 0, 0, canvas.width, canvas.height);
    const u = canvas.width / p.w, v = canvas.height / p.h;
    held.regions.forEach((r, b) => {
      if (!shown[b]) return;
      const inside = (i, j) => i >= 0 && j >= 0 && i < p.w && j < p.h && ((regions[p.read(i, j)] >>> b) & 1);
      g.strokeStyle = r.colour; g.lineWidth = r.target ? 2.4 : 1.6; g.beginPath();
      for (let j = 0; j < p.h; j++) for (let i = 0; i < p.w; i++) if (inside(i, j)) {
        if (!inside(i - 1, j)) { g.moveTo(i * u, j * v); g.lineTo(i * u, (j + 1) * v); }
        if (!inside(i + 1, j)) { g.moveTo((i + 1) * u, j * v); g.lineTo((i + 1) * u, (j + 1) * v); }
        if (!inside(i, j - 1)) { g.moveTo(i * u, j * v); g.lineTo((i + 1) * u, j * v); }
        if (!inside(i, j + 1)) { g.moveTo(i * u, (j + 1) * v); g.lineTo((i + 1) * u, (j + 1) * v); }
      }
      g.stroke();
    });
    const here = axis === 2 ? (place[1] - low[1] + 0.5) * v : (high[2] - place[2] + 0.5) * v;
    g.strokeStyle = "rgba(255,255,255,.35)"; g.lineWidth = 1; g.setLineDash([6, 6]);
    g.beginPath(); g.moveTo(0, here); g.lineTo(canvas.width, here); g.stroke(); g.setLineDash([]);
    g.fillStyle = "rgba(255,255,255,.85)"; g.font = `${Math.round(canvas.width / 38)}px system-ui`;
    const k = at(...place), words = which >= 0 ? `${doseAt(k).toFixed(1)} Gy at the cross` : `${doseAt(k) > 0 ? "+" : ""}${doseAt(k).toFixed(1)} Gy at the cross`;
    g.textAlign = "right"; g.fillText(words, canvas.width - 10, canvas.height - 12);
    const cx = (place[0] - low[0] + 0.5) * u;
    g.strokeStyle = "#fff"; g.lineWidth = 1.4; g.beginPath(); g.moveTo(cx - 9, here); g.lineTo(cx + 9, here); g.moveTo(cx, here - 9); g.lineTo(cx, here + 9); g.stroke();
  }

  function scale() {
    const c = document.querySelector(".scale canvas"), g = c.getContext("2d");
    for (let i = 0; i < c.width; i++) {
      const t = i / (c.width - 1);
      const colour = which >= 0 ? ramp(0.1 + t * 0.98) : towards(t - 0.5).map((v) => 255 - Math.abs(t - 0.5) * 2 * (255 - v));
      g.fillStyle = `rgb(${colour.map(Math.round)})`; g.fillRect(i, 0, 1, c.height);
    }
    document.querySelector(".scale .low").textContent = which >= 0 ? (0.1 * held.prescribed_gy).toFixed(0) : "−15";
    document.querySelector(".scale .high").textContent = which >= 0 ? (1.08 * held.prescribed_gy).toFixed(0) : "+15";
  }

  const solid = await body(views.find((c) => c.dataset.axis === "3"));
  function all() { flat.forEach(draw); scale(); solid(); }
  flat.forEach((canvas) => {
    const axis = Number(canvas.dataset.axis), limit = axis === 2 ? 2 : 1;
    const step = (d) => { place[limit] = Math.max(low[limit], Math.min(high[limit], place[limit] + d)); all(); };
    canvas.addEventListener("wheel", (e) => { e.preventDefault(); step(Math.sign(e.deltaY) * (axis === 2 ? -1 : 1)); }, { passive: false });
    canvas.addEventListener("keydown", (e) => { const d = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[e.key]; if (d) { e.preventDefault(); step(d); } });
    canvas.addEventListener("pointerdown", (e) => {
      const box = canvas.getBoundingClientRect(), p = plane(axis);
      const fit = Math.min(box.width / canvas.width, box.height / canvas.height);
      const i = Math.floor((e.clientX - box.left - (box.width - canvas.width * fit) / 2) / (canvas.width * fit) * p.w);
      const j = Math.floor((e.clientY - box.top - (box.height - canvas.height * fit) / 2) / (canvas.height * fit) * p.h);
      if (i >= 0 && j >= 0 && i < p.w && j < p.h) { place = p.of(i, j); all(); }
    });
  });
  document.querySelectorAll("input[name=dose]").forEach((b) => b.addEventListener("change", () => { which = Number(b.value); all(); }));
  document.querySelectorAll("input[name=region]").forEach((b) => b.addEventListener("change", () => { shown[Number(b.value)] = b.checked; all(); }));
  all();

  async function body(canvas) {
    const gl = canvas.getContext("webgl", { antialias: true, preserveDrawingBuffer: true });
    if (!gl || !gl.getExtension("OES_element_index_uint")) { canvas.parentElement.hidden = true; return () => {}; }
    canvas.width = 900; canvas.height = 640;
    const build = (kind, words) => { const s = gl.createShader(kind); gl.shaderSource(s, words); gl.compileShader(s); return s; };
    const program = gl.createProgram();
    gl.attachShader(program, build(gl.VERTEX_SHADER, "attribute vec3 at; attribute vec3 facing; uniform mat3 turn; uniform vec3 middle; uniform vec2 zoom; varying vec3 n; void main() { vec3 p = turn * (at - middle); n = turn * facing; gl_Position = vec4(p.xy * zoom, -p.z / 900.0, 1.0); }"));
    gl.attachShader(program, build(gl.FRAGMENT_SHADER, "precision mediump float; varying vec3 n; uniform vec3 colour; uniform float clear; void main() { float f = abs(normalize(n).z); float a = clear > 0.0 ? clear * (1.35 - f) : 1.0; gl_FragColor = vec4(colour * (0.35 + 0.65 * f) * a, a); }"));
    gl.linkProgram(program); gl.useProgram(program);
    const parts = [];
    for (const s of held.surfaces) {
      const vertices = await unpack(s.vertices), triangles = await unpack(s.triangles), normals = new Float32Array(vertices.length);
      for (let f = 0; f < triangles.length; f += 3) {
        const [a, b, c] = [0, 1, 2].map((k) => triangles[f + k] * 3);
        const u = [0, 1, 2].map((k) => vertices[b + k] - vertices[a + k]), v = [0, 1, 2].map((k) => vertices[c + k] - vertices[a + k]);
        const x = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        for (const p of [a, b, c]) for (let k = 0; k < 3; k++) normals[p + k] += x[k];
      }
      const keep = (data, kind) => { const made = gl.createBuffer(); gl.bindBuffer(kind, made); gl.bufferData(kind, data, gl.STATIC_DRAW); return made; };
      parts.push({ name: s.name, count: triangles.length, at: keep(vertices, gl.ARRAY_BUFFER), facing: keep(normals, gl.ARRAY_BUFFER), index: keep(triangles, gl.ELEMENT_ARRAY_BUFFER), vertices });
    }
    const skin = parts.find((p) => p.name === "body") || parts[0];
    const least = [1e9, 1e9, 1e9], most = [-1e9, -1e9, -1e9];
    skin.vertices.forEach((v, i) => { least[i % 3] = Math.min(least[i % 3], v); most[i % 3] = Math.max(most[i % 3], v); });
    const centre = least.map((v, k) => (v + most[k]) / 2), size = Math.hypot(...least.map((v, k) => most[k] - v)) / 2;
    let yaw = 0.6, pitch = 0.15, grip = null;
    const place3 = (name) => gl.getUniformLocation(program, name);
    function paint() {
      gl.viewport(0, 0, canvas.width, canvas.height); gl.clearColor(0.05, 0.06, 0.07, 1); gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      const [cy, sy2, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
      gl.uniformMatrix3fv(place3("turn"), false, [cy, sp * sy2, cp * sy2, sy2, -sp * cy, -cp * cy, 0, cp, -sp]);
      gl.uniform3fv(place3("middle"), centre);
      const zoom = 1.5 / size, wide = canvas.width / canvas.height;
      gl.uniform2f(place3("zoom"), zoom / wide * 1.0, zoom);
      const solidParts = parts.filter((p) => p.name !== "body" && !p.name.startsWith("dose "));
      const doseShell = parts.find((p) => p.name === `dose ${Math.max(0, which)}`);
      const list = [...solidParts.map((p) => [p, 0]), ...(doseShell ? [[doseShell, 0.3]] : []), [skin, 0.14]];
      gl.enable(gl.DEPTH_TEST); gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      for (const [part, clear] of list) {
        const r = held.regions.findIndex((q) => q.name === part.name);
        if (r >= 0 && !shown[r]) continue;
        if (clear) { gl.enable(gl.BLEND); gl.depthMask(false); } else { gl.disable(gl.BLEND); gl.depthMask(true); }
        const colour = r >= 0 ? colours[r] : part.name === "body" ? [205, 200, 190] : [245, 150, 60];
        gl.uniform3fv(place3("colour"), colour.map((v) => v / 255)); gl.uniform1f(place3("clear"), clear);
        for (const [name, buffer] of [["at", part.at], ["facing", part.facing]]) {
          const where = gl.getAttribLocation(program, name);
          gl.bindBuffer(gl.ARRAY_BUFFER, buffer); gl.enableVertexAttribArray(where); gl.vertexAttribPointer(where, 3, gl.FLOAT, false, 0, 0);
        }
        gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, part.index); gl.drawElements(gl.TRIANGLES, part.count, gl.UNSIGNED_INT, 0);
      }
      gl.depthMask(true);
    }
    canvas.addEventListener("pointerdown", (e) => { grip = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
    canvas.addEventListener("pointermove", (e) => { if (grip) { yaw += (e.clientX - grip[0]) / 120; pitch = Math.max(-1.5, Math.min(1.5, pitch + (e.clientY - grip[1]) / 120)); grip = [e.clientX, e.clientY]; paint(); } });
    canvas.addEventListener("pointerup", () => { grip = null; });
    canvas.addEventListener("keydown", (e) => { const d = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] }[e.key]; if (d) { e.preventDefault(); yaw += d[0]; pitch += d[1]; paint(); } });
    return paint;
  }
})();
