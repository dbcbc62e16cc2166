// Builds ../dist: the page as it is served. The same sources give the same bytes.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "dist");
const LICENSED = ["preact", "uplot", "three"];
const SHEETS = ["tokens", "base", "parts", "shell", "patients", "timeline", "twins", "governance"];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const result = await build({
  entryPoints: { main: join(here, "src/main.tsx") },
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  sourcemap: false,
  legalComments: "none",
  charset: "utf8",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  loader: { ".css": "empty" },
  define: { "process.env.NODE_ENV": '"production"' },
  absWorkingDir: here,
  metafile: true,
  logLevel: "warning",
});

const name = (ending) =>
  Object.entries(result.metafile.outputs)
    .filter(([path, made]) => made.entryPoint === "src/main.tsx" && path.endsWith(ending))
    .map(([path]) => relative(out, join(here, path)))[0];

const css = await styles();
const cssName = `main-${hash(css)}.css`;
writeFileSync(join(out, cssName), css);
const page = readFileSync(join(here, "index.html"), "utf8")
  .replace("main.js", name(".js"))
  .replace("main.css", cssName);
writeFileSync(join(out, "index.html"), page);
writeFileSync(join(out, "favicon.svg"), readFileSync(join(here, "favicon.svg")));
writeFileSync(join(out, "LICENSES.txt"), licences());

async function styles() {
  const sheets = [
    "node_modules/uplot/dist/uPlot.min.css",
    ...SHEETS.map((s) => `styles/${s}.css`),
    ...["organ", "monitor", "heart"].flatMap(sheetsOf),
  ].filter((s) => existsSync(join(here, s)));
  const made = await build({
    stdin: { contents: sheets.map((s) => `@import "./${s}";`).join("\n"), loader: "css", resolveDir: here },
    bundle: true,
    minify: true,
    charset: "utf8",
    target: ["es2022"],
    write: false,
    logLevel: "warning",
  });
  return made.outputFiles[0].text;
}

function sheetsOf(part) {
  const folder = join(here, "src", part);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((f) => f.endsWith(".css")).sort().map((f) => `src/${part}/${f}`);
}

function hash(text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 8).toUpperCase();
}

function licences() {
  return LICENSED.map((one) => {
    const folder = join(here, "node_modules", one);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const text = readFileSync(join(folder, "LICENSE"), "utf8").trim();
    return `${one} ${version} (${license})\n\n${text}\n`;
  }).join(`\n${"-".repeat(72)}\n\n`);
}
