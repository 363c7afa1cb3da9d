// Starts what the scenes need: the scripted provider and a real Steward on a fresh data folder. Stops just these.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import type { FullConfig } from "@playwright/test";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
// Scenes that play at the same time have a server each: who stops one, or counts what is there, meets nobody else.
const stateFile = (place = process.env.TEST_PARALLEL_INDEX ?? "0") => join(here, `.state/server-${place}.json`);
const python = process.env.STEWARD_PYTHON ?? join(root, ".venv/bin/python");
const steward = process.env.STEWARD_COMMAND ?? join(root, ".venv/bin/steward");

type State = {
  url: string;
  port: number;
  folder: string;
  provider: { pid: number; url: string };
  server: number;
  workspace: string;
};

export const ada = { email: "ada@example.com", password: "a long enough password" };

export function state(): State {
  return JSON.parse(readFileSync(stateFile(), "utf8")) as State;
}

function keep(next: State, file = stateFile()): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(next, null, 2));
}

/** A port of this machine that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === "object" ? done(address.port) : fail(new Error("no port"))));
    });
  });
}

const pause = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function end(pid: number): Promise<void> {
  if (pid === 0 || !isAlive(pid)) return;
  process.kill(pid, "SIGTERM");
  for (let turn = 0; turn < 150 && isAlive(pid); turn += 1) await pause(100);
  if (isAlive(pid)) process.kill(pid, "SIGKILL");
}

/** The surroundings of a server; without a provider it has no key at all. */
function environment(providerUrl: string | null): NodeJS.ProcessEnv {
  // The keys of whoever runs this have no part in it.
  const kept = Object.entries(process.env).filter(([name]) => !/_API_KEY$|^STEWARD_|^OPENAI_/.test(name));
  // Whoever starts the scenes may give the server a setting: E2E_STEWARD_CHAT__MAX_TOKENS becomes STEWARD_CHAT__MAX_TOKENS.
  const given = kept.filter(([name]) => name.startsWith("E2E_STEWARD_")).map(([name, value]) => [name.slice(4), value] as const);
  if (providerUrl === null) return Object.fromEntries(kept);
  return {
    ...Object.fromEntries(kept),
    OPENAI_API_KEY: "sk-scripted",
    OPENAI_BASE_URL: providerUrl,
    ANTHROPIC_API_KEY: "sk-scripted",
    ANTHROPIC_BASE_URL: providerUrl,
    STEWARD_UPSTREAM__RETRY_SECONDS: "0.05",
    STEWARD_RATE_LIMITS: "off",
    // Seals the keys that scenes give their workspace.
    STEWARD_SECRET_KEY: "only-for-scenes-only-for-scenes-only",
    // Where the scenes' other sites are.
    STEWARD_EMBED_ORIGINS: "http://localhost:*",
    ...Object.fromEntries(given),
  };
}

/** Run a command of the operator. Returns: its last line, where the command prints its one result. */
export function command(folder: string, providerUrl: string | null, words: string[], input = ""): string {
  const out = execFileSync(steward, [...words, "--data-dir", join(folder, "data")], {
    cwd: root,
    env: environment(providerUrl),
    input,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "inherit"],
  });
  return out.trim().split("\n").at(-1) ?? "";
}

/** A one-time link for a person, as the operator prints it. Returns: its path and fragment. */
export function linkFor(email: string): string {
  const { folder, provider } = state();
  const url = new URL(command(folder, provider.url, ["user", "link", email]));
  return url.pathname + url.hash;
}

async function startServer(folder: string, port: number, providerUrl: string | null): Promise<number> {
  const log = openSync(join(folder, "server.log"), "a");
  const child = spawn(steward, ["serve", "--data-dir", join(folder, "data"), "--port", String(port)], {
    cwd: root,
    env: environment(providerUrl),
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();
  const pid = child.pid ?? 0;
  for (let turn = 0; turn < 600; turn += 1) {
    if (child.exitCode !== null) break;
    try {
      if ((await fetch(`http://127.0.0.1:${port}/readyz`)).ok) return pid;
    } catch {
      // Not listening yet.
    }
    await pause(100);
  }
  await end(pid);
  throw new Error(`the server did not start:\n${readFileSync(join(folder, "server.log"), "utf8").slice(-3000)}`);
}

async function startProvider(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(python, ["-m", "tests.support.scripted_provider", "--port", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (!child.stdout) throw new Error("the scripted provider has no output");
  for await (const line of createInterface({ input: child.stdout })) {
    const { port } = JSON.parse(line) as { port: number };
    return { child, url: `http://127.0.0.1:${port}/v1` };
  }
  throw new Error("the scripted provider did not start");
}

/** Stop the server in order, as an operator does. */
export async function stopServer(): Promise<void> {
  await end(state().server);
}

/** Start the server again on the same data and port. */
export async function startAgain(): Promise<void> {
  const known = state();
  keep({ ...known, server: await startServer(known.folder, known.port, known.provider.url) });
}

/** A workspace with people in it, in the data of a folder. Returns: its id. */
function addPeople(folder: string, providerUrl: string | null, people: readonly (readonly [email: string, role: string])[]): string {
  const workspace = command(folder, providerUrl, ["workspace", "create", "Harbour"]);
  for (const [email, role] of people)
    command(folder, providerUrl, ["user", "create", email, "--workspace", workspace, "--role", role], ada.password);
  return workspace;
}

/** A server as it is on the first day: without a key, without documents. Returns: its address, and how to end it. */
export async function startFresh(): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "steward-e2e-fresh-"));
  let server = 0;
  const stop = async () => {
    await end(server);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    addPeople(folder, null, [[ada.email, "owner"]]);
    const port = await freePort();
    server = await startServer(folder, port, null);
    return { url: `http://127.0.0.1:${port}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A server for the scenes of one place. Returns: how to end it. */
async function setUpPlace(place: string): Promise<() => Promise<void>> {
  const file = stateFile(place);
  const folder = mkdtempSync(join(tmpdir(), "steward-e2e-"));
  const provider = await startProvider();
  const providerPid = provider.child.pid ?? 0;
  let server = 0;

  const tearDown = async () => {
    // A scene may have started the server again.
    await end(existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as State).server : server);
    await end(providerPid);
    if (process.env.STEWARD_KEEP === undefined) rmSync(folder, { recursive: true, force: true });
    rmSync(file, { force: true });
  };
  try {
    rmSync(file, { force: true });
    const workspace = addPeople(folder, provider.url, [
      [ada.email, "owner"],
      ["eve@example.com", "member"],
    ]);
    const port = await freePort();
    server = await startServer(folder, port, provider.url);
    const url = `http://127.0.0.1:${port}`;
    keep({ url, port, folder, provider: { pid: providerPid, url: provider.url }, server, workspace }, file);
  } catch (error) {
    await tearDown();
    throw error;
  }
  return tearDown;
}

export default async function setUp(config: FullConfig): Promise<() => Promise<void>> {
  const ends: (() => Promise<void>)[] = [];
  const tearDown = async () => {
    for (const endPlace of ends) await endPlace();
  };
  try {
    for (let place = 0; place < config.workers; place += 1) ends.push(await setUpPlace(String(place)));
  } catch (error) {
    await tearDown();
    throw error;
  }
  return tearDown;
}
