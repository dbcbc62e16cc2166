// Bundles what is pure and runs its tests under node.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const out = mkdtempSync(join(tmpdir(), "bodytwin-page-"));
await build({ entryPoints: ["test/pure.test.ts"], outfile: join(out, "pure.test.mjs"), bundle: true, format: "esm", platform: "node", logLevel: "warning" });
const { status } = spawnSync(process.execPath, ["--test", join(out, "pure.test.mjs")], { stdio: "inherit" });
rmSync(out, { recursive: true });
process.exit(status ?? 1);
