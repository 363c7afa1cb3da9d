import { afterEach, expect, it, vi } from "vitest";

import { askedEarly } from "./early";

const me = "http://localhost/api/v1/me";
const early = (answer: Response | Promise<Response>) => {
  window.stewardEarly = { "/api/v1/me": Promise.resolve(answer) };
};
afterEach(() => {
  delete window.stewardEarly;
  vi.unstubAllGlobals();
});

it("hands an answer over once", async () => {
  early(Response.json({ name: "ada" }));
  const answer = await askedEarly(new Request(me));
  expect(await answer?.json()).toEqual({ name: "ada" });
  expect(askedEarly(new Request(me))).toBeNull();
});

it("asks again what was refused", async () => {
  vi.stubGlobal("fetch", async () => Response.json({ name: "ada" }));
  early(new Response(null, { status: 401 }));
  expect((await askedEarly(new Request(me)))?.status).toBe(200);
});

it("has nothing for another address", () => {
  early(Response.json({}));
  expect(askedEarly(new Request("http://localhost/api/v1/me?all=1"))).toBeNull();
  expect(askedEarly(new Request(me))).not.toBeNull();
});

it("forgets everything once something is changed, or after a while", () => {
  early(Response.json({}));
  expect(askedEarly(new Request("http://localhost/api/v1/auth/sign-in", { method: "POST" }))).toBeNull();
  expect(askedEarly(new Request(me))).toBeNull();
  early(Response.json({}));
  vi.spyOn(performance, "now").mockReturnValue(60_000);
  expect(askedEarly(new Request(me))).toBeNull();
});
