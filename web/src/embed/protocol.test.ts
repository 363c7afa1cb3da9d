import { expect, it } from "vitest";

import { fromElement, fromPage } from "./protocol";

const frame = document.createElement("iframe");
document.body.append(frame);
const inner = frame.contentWindow;
const heard = (data: unknown, origin: string, source: Window | null) => new MessageEvent("message", { data, origin, source });

it("hears the frame's own page alone", () => {
  const ready = { steward: "ready" };
  expect(fromPage(heard(ready, "https://steward.example", inner), inner, "https://steward.example")).toEqual(ready);
  expect(fromPage(heard(ready, "https://evil.example", inner), inner, "https://steward.example")).toBeNull();
  expect(fromPage(heard(ready, "https://steward.example", window), inner, "https://steward.example")).toBeNull();
  expect(fromPage(heard(ready, "https://steward.example", null), null, "https://steward.example")).toBeNull();
  expect(fromPage(heard("ready", "https://steward.example", inner), inner, "https://steward.example")).toBeNull();
});

it("hears the window around the page alone", () => {
  const shown = { steward: "shown" };
  expect(fromElement(heard(shown, "https://shop.example", window.parent))).toEqual(shown);
  expect(fromElement(heard(shown, "https://shop.example", inner))).toBeNull();
  expect(fromElement(heard(null, "https://shop.example", window.parent))).toBeNull();
});
