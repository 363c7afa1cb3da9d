import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it, vi } from "vitest";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";

import Tour, { stops } from "./tour";
import { TourOffer, noteTourTaken } from "./tour_offer";

beforeEach(() => window.localStorage.clear());

function take() {
  const { hook, history } = memoryLocation({ path: "/", record: true });
  const onClose = vi.fn();
  render(
    <Router hook={hook}>
      <Tour onClose={onClose} />
    </Router>,
  );
  return { onClose, history, dialog: screen.getByRole("dialog", { name: "A look around" }) };
}

it("leads from stop to stop, back, and to its end", async () => {
  const { onClose, dialog } = take();
  for (const [place, { title }] of stops.entries()) {
    expect(within(dialog).getByRole("heading", { level: 3, name: title })).toBeVisible();
    expect(dialog).toHaveTextContent(`${place + 1} of ${stops.length}`);
    if (place < stops.length - 1) await userEvent.click(within(dialog).getByRole("button", { name: "Next" }));
  }
  await userEvent.click(within(dialog).getByRole("button", { name: "Back" }));
  expect(within(dialog).getByRole("heading", { level: 3, name: stops.at(-2)?.title })).toBeVisible();
  await userEvent.click(within(dialog).getByRole("button", { name: "Next" }));
  expect(onClose).not.toHaveBeenCalled();
  await userEvent.click(within(dialog).getByRole("button", { name: "Begin" }));
  expect(onClose).toHaveBeenCalledOnce();
});

it("leads away to what it shows", async () => {
  const { onClose, history, dialog } = take();
  await userEvent.click(within(dialog).getByRole("link", { name: "Open the library" }));
  expect(onClose).toHaveBeenCalledOnce();
  expect(history.at(-1)).toBe("/library");
});

it("is offered until it was taken", () => {
  const onTour = vi.fn();
  const { rerender } = render(<TourOffer onTour={onTour} />);
  screen.getByRole("button", { name: "New here? Take a look around." }).click();
  expect(onTour).toHaveBeenCalledOnce();
  noteTourTaken();
  rerender(<TourOffer onTour={() => undefined} />);
  expect(screen.queryByRole("button")).toBeNull();
});
