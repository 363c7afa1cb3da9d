import { render, screen } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";

import { Boundary } from "./boundary";
import { later } from "./later";

const Greeting = ({ name }: { name: string }) => <p>Hello {name}</p>;
const lost = new TypeError("Failed to fetch dynamically imported module: /assets/greeting.js");

describe("a part that loads later", () => {
  it("shows what stands in for it, and then itself, as soon as it is there [PERF-07]", async () => {
    let arrive: (module: { default: typeof Greeting }) => void = () => undefined;
    const load = vi.fn(() => new Promise<{ default: typeof Greeting }>((resolve) => (arrive = resolve)));
    const Later = later(load, ({ name }) => <p>Waiting for {name}</p>);
    expect(load).not.toHaveBeenCalled();
    render(<Later name="Ada" />);
    expect(screen.getByText("Waiting for Ada")).toBeVisible();
    arrive({ default: Greeting });
    expect(await screen.findByText("Hello Ada")).toBeVisible();
    expect(screen.queryByText("Waiting for Ada")).toBeNull();
  });

  it("shows at once where it was loaded before", async () => {
    const load = vi.fn(() => Promise.resolve({ default: Greeting }));
    const Later = later(load, () => <p>Waiting</p>);
    expect(await Later.preload()).toBe(true);
    render(<Later name="Ada" />);
    expect(screen.getByText("Hello Ada")).toBeVisible();
    expect(await Later.preload()).toBe(true);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("breaks where it cannot be loaded, and is tried again by the next drawing", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const load = vi.fn<() => Promise<{ default: typeof Greeting }>>(() => Promise.reject(lost));
    const Later = later(load);
    expect(await Later.preload()).toBe(false);
    const page = (place: string) => (
      <Boundary place={place} renderProblem={(isLost) => <p>{isLost ? "It is lost" : "It is broken"}</p>}>
        <Later name="Ada" />
      </Boundary>
    );
    const { rerender } = render(page("here"));
    expect(await screen.findByText("It is lost")).toBeVisible();
    load.mockResolvedValue({ default: Greeting });
    rerender(page("there"));
    expect(await screen.findByText("Hello Ada")).toBeVisible();
  });
});
