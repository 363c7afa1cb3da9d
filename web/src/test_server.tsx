// For tests of pages: the network, played. Everything on this side of it is the real thing.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type RenderResult, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";

export type Asked = { method: string; path: string; query: URLSearchParams; body: Record<string, unknown> };
type Answer = object | ((asked: Asked) => object);

/** Play the server: answers by "METHOD /path". Returns: what was asked, as it comes. */
export function playServer(answers: Record<string, Answer>): Asked[] {
  const log: Asked[] = [];
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const text = await request.text();
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    const asked = { method: request.method, path: url.pathname, query: url.searchParams, body };
    log.push(asked);
    const answer = answers[`${asked.method} ${asked.path}`];
    const given = typeof answer === "function" ? (answer as (asked: Asked) => object)(asked) : answer;
    if (given === undefined) return refusal(404, "not_found", "There is no such thing.");
    return given instanceof Response ? given.clone() : Response.json(given);
  });
  return log;
}

export const refusal = (status: number, tag: string, detail: string): Response =>
  Response.json({ status, tag, detail, title: "no", type: "about:blank" }, { status });

/** Draw a page with a store of answers of its own. */
export function renderPage(page: ReactNode): RenderResult & { cache: QueryClient } {
  const cache = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={cache}>{children}</QueryClientProvider>;
  const drawn: RenderResult = render(page, { wrapper });
  return { cache, ...drawn };
}
