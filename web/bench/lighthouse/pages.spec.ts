// Lighthouse over the main pages, each as a phone on a slow line and as a desktop, with nothing in the browser's cache.
import { existsSync } from "node:fs";

import { ask, expect, signIn, test } from "../../e2e/scene";
import { makeProfile } from "./browser";
import { type Device, type Report, devices, judge, lighthouseFolder } from "./judge";

const GOAL = 90;
// A round that passes is believed, and up to two that do not are taken for noise: other work on the machine can make a
// page look slower than it is, and nothing makes it look faster.
const ROUNDS = Number(process.env.STEWARD_LIGHTHOUSE_ROUNDS ?? 3);
// Fewer pages or devices while one works on them: STEWARD_LIGHTHOUSE=usage,phone
const chosen = process.env.STEWARD_LIGHTHOUSE?.split(",") ?? [];
const isChosen = (name: string, names: readonly string[]) => !chosen.some((one) => names.includes(one)) || chosen.includes(name);

const times = {
  "first-contentful-paint": "first paint",
  "largest-contentful-paint": "largest paint",
  "total-blocking-time": "blocked",
  "cumulative-layout-shift": "shift",
};

const pages = ["sign-in", "new conversation", "conversation", "usage"] as const;
type Place = { name: (typeof pages)[number]; device: Device };

const points = (score: number | null) => Math.round((score ?? 0) * 100);
const passes = ({ categories }: Report) => Object.values(categories).every(({ score }) => points(score) >= GOAL);
const sum = ({ categories }: Report) => Object.values(categories).reduce((all, { score }) => all + points(score), 0);

/** One line of the table, and below it what cost points if any mark is under the goal. */
function told(place: Place, report: Report): string {
  const marks = Object.values(report.categories).map(({ title, score }) => `${title} ${points(score)}`);
  const measured = Object.entries(times).map(([id, words]) => `${words} ${report.audits[id]?.displayValue ?? "?"}`);
  const line = `${`${place.name}, ${place.device}`.padEnd(26)} ${marks.join(", ")} (${measured.join(", ")})`;
  if (passes(report)) return line;
  const lost = Object.entries(report.audits).filter(([, { score }]) => score !== null && score < 0.9);
  return [line, ...lost.map(([id, { title, displayValue }]) => `    ${id}: ${title} ${displayValue ?? ""}`)].join("\n");
}

test("Lighthouse gives every main page ninety in all four marks [UI-33]", async ({ baseURL }, info) => {
  expect(existsSync(lighthouseFolder), "Lighthouse is not installed. Run `make setup-dev`.").toBe(true);
  const profile = makeProfile(baseURL ?? "");
  const table: string[] = [];

  const lookAs = async (place: Place, path: string) => {
    const { name, device } = place;
    const url = `${baseURL ?? ""}${path}`;
    const reports: Report[] = [];
    for (let round = 0; round < ROUNDS && !reports.some((report) => passes(report)); round += 1)
      reports.push(await judge(url, device, profile.open, info.outputPath(`${name.replace(" ", "-")}-${device}-${round}.json`)));
    const best = reports.find((report) => passes(report)) ?? reports.toSorted((left, right) => sum(right) - sum(left))[0];
    if (best === undefined) throw new Error("no round was played");
    table.push(told(place, best));
    expect(best.finalDisplayedUrl, "another page was judged").toBe(url);
    for (const { title, score } of Object.values(best.categories))
      expect.soft(points(score), `${name}, ${device}: ${title}`).toBeGreaterThanOrEqual(GOAL);
  };
  const look = async (name: Place["name"], path: string) => {
    if (!isChosen(name, pages)) return;
    for (const device of devices) if (isChosen(device, devices)) await lookAs({ name, device }, path);
  };

  try {
    await look("sign-in", "/sign-in");
    const browser = await profile.open();
    const page = browser.context.pages()[0] ?? (await browser.context.newPage());
    await signIn(page);
    await page.goto("/");
    await ask(page, "{{markdown}}");
    const conversation = new URL(page.url()).pathname;
    await browser.close();
    await look("new conversation", "/");
    await look("conversation", conversation);
    await look("usage", "/settings/usage");
  } finally {
    process.stdout.write(`\n${table.join("\n")}\n`);
    profile.remove();
  }
});
