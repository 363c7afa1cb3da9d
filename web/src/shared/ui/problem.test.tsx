import { render, screen } from "@testing-library/react";
import { type ReactNode, lazy, Suspense } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { isLostPart, reloadIfNewer } from "~/shared/lib/parts";

import { Boundary } from "./boundary";
import { ProblemNote, ProblemPage } from "./problem";

const lostPart = new TypeError("Failed to fetch dynamically imported module: http://localhost/assets/library_page-a.js");
const page = (entry: string) => new Response(`<!doctype html><script type="module" src="${entry}"></script>`);

function Broken({ error }: { error: Error }): ReactNode {
  throw error;
}

function show(error: Error, place = "/library") {
  const part = (where: string) => (
    <>
      <nav>The list</nav>
      <Boundary place={where} renderProblem={(isLost) => <ProblemPage isLost={isLost} />}>
        {where === "/library" ? <Broken error={error} /> : <main>Another page</main>}
      </Boundary>
    </>
  );
  const { rerender } = render(part(place));
  return { goTo: (where: string) => rerender(part(where)) };
}

beforeEach(() => {
  window.sessionStorage.clear();
  // React tells what a boundary caught.
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("Failed to fetch");
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  document.head.querySelectorAll("script").forEach((script) => script.remove());
});

describe("a part that breaks", () => {
  it("is replaced by what to do about it, and the rest stays", () => {
    show(new Error("no such thing"));
    expect(screen.getByRole("alert")).toHaveTextContent("This part of the page broke");
    expect(screen.getByRole("button", { name: "Try again" })).toBeEnabled();
    expect(screen.getByText("The list")).toBeVisible();
  });

  it("is left behind by going somewhere else", () => {
    const { goTo } = show(new Error("no such thing"));
    goTo("/agents");
    expect(screen.getByText("Another page")).toBeVisible();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("says so when its code could not be loaded", async () => {
    const Later = lazy(() => Promise.reject(lostPart));
    render(
      <Boundary renderProblem={(isLost) => <ProblemNote isLost={isLost} />}>
        <Suspense>
          <Later />
        </Suspense>
      </Boundary>,
    );
    expect(await screen.findByRole("alert")).toHaveTextContent("This part could not be loaded");
  });
});

it("knows a part that was lost in every browser", () => {
  for (const words of [lostPart.message, "error loading dynamically imported module: /a.js", "Importing a module script failed.", "Unable to preload CSS for /a.css"])
    expect(isLostPart(new Error(words))).toBe(true);
  expect(isLostPart(new Error("x is not a function"))).toBe(false);
  expect(isLostPart("Importing a module script failed.")).toBe(false);
});

describe("a newer app", () => {
  const isLoaded = (entry: string) => {
    const script = document.createElement("script");
    script.type = "module";
    // Not to be loaded here.
    script.setAttribute("src", entry);
    document.head.append(script);
  };

  it("is loaded, once", async () => {
    isLoaded("/assets/index-old.js");
    vi.stubGlobal("fetch", async () => page("/assets/index-new.js"));
    const reload = vi.fn();
    expect(await reloadIfNewer(reload)).toBe(true);
    expect(await reloadIfNewer(reload)).toBe(false);
    expect(reload).toHaveBeenCalledOnce();
  });

  it.each([
    ["the same app", async () => page("/assets/index-old.js")],
    ["a page without scripts", async () => new Response("<p>Be back soon</p>")],
    ["a failure", async () => new Response(null, { status: 502 })],
    ["no network", async () => Promise.reject(new TypeError("Failed to fetch"))],
  ])("is not seen in %s", async (_what, answer) => {
    isLoaded("/assets/index-old.js");
    vi.stubGlobal("fetch", answer);
    const reload = vi.fn();
    expect(await reloadIfNewer(reload)).toBe(false);
    expect(reload).not.toHaveBeenCalled();
  });
});
