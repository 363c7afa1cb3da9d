// Lighthouse over the main pages. It weighs 185 MB with all it needs, so it is no package of this app: it is taken from
// a folder where somebody installed it, and left out where there is none. Each page is judged three times as a phone on
// a slow line and three times as a desktop; the run in the middle counts.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { ask, expect, test } from "../e2e/scene";

const folder = process.env.STEWARD_LIGHTHOUSE ?? "";
const cli = join(folder, "node_modules/lighthouse/cli/index.js");
const chromium = process.env.STEWARD_CHROMIUM ?? "/usr/bin/chromium";
// Fewer pages or rounds while one works on them: STEWARD_LIGHTHOUSE_PAGES=sign-in,usage STEWARD_LIGHTHOUSE_ROUNDS=1
const onlyPages = process.env.STEWARD_LIGHTHOUSE_PAGES?.split(",");
const rounds = Number(process.env.STEWARD_LIGHTHOUSE_ROUNDS ?? "3");
const GOAL = 90;

type Report = {
  categories: Record<string, { title: string; score: number | null }>;
  audits: Record<string, { title: string; score: number | null; displayValue?: string; scoreDisplayMode: string }>;
};

const devices = { phone: [], desktop: ["--preset=desktop"] };
type Device = keyof typeof devices;

function judge(url: string, device: Device, cookie: string, output: string): Report {
  const flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking";
  const words = [cli, url, "--quiet", "--output=json", `--output-path=${output}`, `--chrome-flags=${flags}`, "--no-enable-error-reporting"];
  mkdirSync(dirname(output), { recursive: true });
  const headers = cookie === "" ? [] : [`--extra-headers=${JSON.stringify({ Cookie: cookie })}`];
  const play = () =>
    execFileSync(process.execPath, [...words, ...devices[device], ...headers, "--disable-storage-reset"], {
      env: { ...process.env, CHROME_PATH: chromium },
      stdio: ["ignore", "ignore", "inherit"],
    });
  try {
    play();
  } catch {
    // Now and then the browser records nothing; Lighthouse itself asks to be run again.
    play();
  }
  return JSON.parse(readFileSync(output, "utf8")) as Report;
}

const speed = ({ categories }: Report) => categories["performance"]?.score ?? 0;

function middle(reports: Report[]): Report {
  const sorted = reports.toSorted((left, right) => speed(left) - speed(right));
  const found = sorted[Math.floor((sorted.length - 1) / 2)];
  if (found === undefined) throw new Error("no round was played");
  return found;
}

function tell(name: string, reports: Report[]): void {
  const { categories, audits } = middle(reports);
  const scores = Object.values(categories).map(({ title, score }) => `${title} ${Math.round((score ?? 0) * 100)}`);
  const speeds = reports.map((report) => Math.round(speed(report) * 100)).join(" ");
  const times = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "speed-index"];
  process.stdout.write(`\n${name}: ${scores.join(", ")} (performance of each round ${speeds}; ${times.map((time) => `${time} ${audits[time]?.displayValue ?? "?"}`).join(", ")})\n`);
  const lost = Object.entries(audits).filter(([, { score, scoreDisplayMode }]) => score !== null && score < 0.9 && scoreDisplayMode !== "informative");
  for (const [id, { title, score, displayValue }] of lost) process.stdout.write(`  ${String(score)} ${id}: ${title} ${displayValue ?? ""}\n`);
}

test("Lighthouse gives every main page ninety [UI-33]", async ({ signedIn: page, baseURL }, info) => {
  test.skip(!existsSync(cli), "STEWARD_LIGHTHOUSE names no folder with lighthouse in it");
  test.setTimeout(1_800_000);
  await page.goto("/");
  await ask(page, "{{markdown}}");
  const conversation = new URL(page.url()).pathname;
  const cookies = await page.context().cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  // A page that is open meanwhile would take its share of the processor.
  await page.goto("about:blank");
  const pages = [
    { name: "sign-in", path: "/sign-in", cookie: "" },
    { name: "new conversation", path: "/", cookie },
    { name: "conversation", path: conversation, cookie },
    { name: "library", path: "/library", cookie },
    { name: "usage", path: "/settings/usage", cookie },
  ];
  for (const { name, path, cookie: given } of pages.filter((one) => onlyPages?.includes(one.name) ?? true))
    for (const device of Object.keys(devices) as Device[]) {
      const output = (round: number) => info.outputPath(`${name.replace(" ", "-")}-${device}-${round}.json`);
      const reports = Array.from({ length: rounds }, (_, round) => judge(`${baseURL ?? ""}${path}`, device, given, output(round)));
      tell(`${name}, ${device}`, reports);
      for (const [category, { score }] of Object.entries(middle(reports).categories))
        expect.soft((score ?? 0) * 100, `${name}, ${device}: ${category}`).toBeGreaterThanOrEqual(GOAL);
    }
});
