// The weight of the built app: what the first page loads, and what the first markdown answer adds, in gzip.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const FIRST_LOAD_KILOBYTES = 200;
const MARKDOWN_KILOBYTES = 150;

const built = resolve(dirname(fileURLToPath(import.meta.url)), "../../steward/static");
const manifestFile = join(built, ".vite/manifest.json");
if (!existsSync(manifestFile)) {
  process.stderr.write("bundle: nothing is built yet. Run `npm run build` first.\n");
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(manifestFile, "utf8"));

/** The files that a chunk needs before it can run. */
function needs(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const other of manifest[key]?.imports ?? []) needs(other, seen);
  return seen;
}

const weigh = (keys) =>
  [...keys].reduce((sum, key) => sum + gzipSync(readFileSync(join(built, manifest[key].file)), { level: 9 }).length, 0) / 1024;

// Whoever is signed in loads the frame and the page of conversations at once, beside the first script.
const first = needs("src/app/chat_page.tsx", needs("src/app/workplace.tsx", needs("index.html")));
const markdown = [...needs("src/shared/markdown/rendered.tsx")].filter((key) => !first.has(key));
const firstLoad = weigh(first);
const markdownLoad = weigh(markdown);
const embeddedLoad = weigh(needs("embed.html"));
const sourceMaps = readdirSync(built, { recursive: true }).filter((name) => String(name).endsWith(".map"));
process.stdout.write(
  `bundle: first load ${firstLoad.toFixed(1)} KB of ${FIRST_LOAD_KILOBYTES}, markdown ${markdownLoad.toFixed(1)} KB of ${MARKDOWN_KILOBYTES}, embedded ${embeddedLoad.toFixed(1)} KB of ${FIRST_LOAD_KILOBYTES} (gzip)\n`,
);
if (firstLoad > FIRST_LOAD_KILOBYTES || markdownLoad > MARKDOWN_KILOBYTES || embeddedLoad > FIRST_LOAD_KILOBYTES || sourceMaps.length > 0) {
  process.stderr.write("bundle: over the budget, or a source map was built. Load less at first, or later.\n");
  process.exit(1);
}
