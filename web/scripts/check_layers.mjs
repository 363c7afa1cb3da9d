// The layout mirrors the server: app → features/<room> → shared. A room knows shared and itself, never another room.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../src");
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name));

/** The floor and room of a file: ["features", "threads"], ["shared"], ["app"]. */
function place(path) {
  const [floor, room] = relative(root, path).split("/");
  return floor === "features" ? ["features", room] : [floor];
}

const height = { shared: 0, features: 1, app: 2, embed: 2 };
const faults = [];
for (const file of files) {
  const [floor, room] = place(file);
  if (!(floor in height)) continue;
  for (const [, target] of readFileSync(file, "utf8").matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)) {
    if (!target.startsWith("~/") && !target.startsWith(".")) continue;
    const path = target.startsWith("~/") ? join(root, target.slice(2)) : resolve(dirname(file), target);
    const [otherFloor, otherRoom] = place(path);
    if (!(otherFloor in height)) continue;
    if (height[otherFloor] > height[floor]) faults.push(`${relative(root, file)}: ${floor} imports ${target} above it`);
    if (floor === "features" && otherFloor === "features" && room !== otherRoom)
      faults.push(`${relative(root, file)}: ${room} imports its sibling ${otherRoom}`);
  }
}
if (faults.length > 0) {
  process.stderr.write(`Arrows point down:\n${faults.join("\n")}\n`);
  process.exit(1);
}
process.stdout.write(`layers: ${files.length} files, arrows point down\n`);
