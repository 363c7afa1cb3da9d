// Lighthouse over the main pages. It weighs 185 MB with all it needs, so it is no package of this app: it is taken from
// a folder where somebody installed it, and left out where there is none.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { ask, expect, test } from "../e2e/scene";

const folder = process.env.STEWARD_LIGHTHOUSE ?? "";
const cli = join(folder, "node_modules/lighthouse/cli/index.js");
const chromium = process.env.STEWARD_CHROMIUM ?? "/usr/bin/chromium";
const GOAL = 90;

type Report = {
  categories: Record<string, { title: string; score: number | null }>;
  audits: Record<string, { title: string; score: number | null; displayValue?: string; scoreDisplayMode: string }>;
};

function judge(url: string, cookie: string, output: string): Report {
  const flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking";
  const words = [cli, url, "--quiet", "--output=json", `--output-path=${output}`, `--chrome-flags=${flags}`, "--no-enable-error-reporting"];
  mkdirSync(dirname(output), { recursive: true });
  const headers = cookie === "" ? [] : [`--extra-headers=${JSON.stringify({ Cookie: cookie })}`];
  execFileSync(process.execPath, [...words, ...headers, "--disable-storage-reset"], { env: { ...process.env, CHROME_PATH: chromium }, stdio: ["ignore", "ignore", "inherit"] });
  return JSON.parse(readFileSync(output, "utf8")) as Report;
}

function tell(name: string, { categories, audits }: Report): void {
  const scores = Object.values(categories).map(({ title, score }) => `${title} ${Math.round((score ?? 0) * 100)}`);
  const times = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"];
  process.stdout.write(`\n${name}: ${scores.join(", ")} (${times.map((time) => `${time} ${audits[time]?.displayValue ?? "?"}`).join(", ")})\n`);
  const lost = Object.entries(audits).filter(([, { score, scoreDisplayMode }]) => score !== null && score < 0.9 && scoreDisplayMode !== "informative");
  for (const [id, { title, score, displayValue }] of lost) process.stdout.write(`  ${String(score)} ${id}: ${title} ${displayValue ?? ""}\n`);
}

test("Lighthouse gives every main page ninety [UI-33]", async ({ signedIn: page, baseURL }, info) => {
  test.skip(!existsSync(cli), "STEWARD_LIGHTHOUSE names no folder with lighthouse in it");
  test.setTimeout(900_000);
  await page.goto("/");
  await ask(page, "{{markdown}}");
  const conversation = new URL(page.url()).pathname;
  const cookies = await page.context().cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const pages = [
    { name: "sign-in", path: "/sign-in", cookie: "" },
    { name: "new conversation", path: "/", cookie },
    { name: "conversation", path: conversation, cookie },
    { name: "library", path: "/library", cookie },
    { name: "usage", path: "/settings/usage", cookie },
  ];
  for (const { name, path, cookie: given } of pages) {
    const report = judge(`${baseURL ?? ""}${path}`, given, info.outputPath(`${name.replace(" ", "-")}.json`));
    tell(name, report);
    for (const [category, { score }] of Object.entries(report.categories)) expect.soft((score ?? 0) * 100, `${name}: ${category}`).toBeGreaterThanOrEqual(GOAL);
  }
});
