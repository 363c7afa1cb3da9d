import { afterEach, describe, expect, it, vi } from "vitest";

import { TokenKeeper, fetchWith, visitorOf } from "./token_keeper";

const refused = (tag: string) => Response.json({ tag, status: 401 }, { status: 401 });

/** A server that takes one token only. */
function played(good: string) {
  const log: { path: string; authorization: string | null; body: string; credentials: string }[] = [];
  const plain = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const authorization = request.headers.get("authorization");
    log.push({ path: new URL(request.url).pathname, authorization, body: await request.text(), credentials: request.credentials });
    return authorization === `Bearer ${good}` ? Response.json({ fine: true }) : refused("embed_token_expired");
  };
  return { log, plain: plain as typeof fetch };
}

const address = `${window.location.origin}/api/v1/chat`;

describe("the token", () => {
  afterEach(() => vi.useRealTimers());

  it("is asked for once, whoever waits for it", async () => {
    const ask = vi.fn();
    const keeper = new TokenKeeper(ask);
    const both = Promise.all([keeper.next(null), keeper.next(null)]);
    keeper.take("one");
    expect(await both).toEqual(["one", "one"]);
    expect(ask).toHaveBeenCalledExactlyOnceWith(null);
    expect(await keeper.next(null)).toBe("one");
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it("fails when the page around gives none, or does not answer", async () => {
    vi.useFakeTimers();
    const keeper = new TokenKeeper(vi.fn());
    const first = keeper.next(null);
    keeper.fail("nobody is signed in");
    await expect(first).rejects.toThrow("nobody is signed in");
    const second = keeper.next(null);
    const failure = second.catch(String);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await failure).toContain("does not answer");
  });

  it("that runs out is replaced, and the request goes out once more with its body", async () => {
    const { log, plain } = played("two");
    const keeper = new TokenKeeper(() => keeper.take("two"));
    keeper.take("one");
    const onLost = vi.fn();
    const answer = await fetchWith(keeper, plain, onLost)(address, { method: "POST", body: "my words" });
    expect(answer.status).toBe(200);
    expect(log.map(({ authorization, body, credentials }) => [authorization, body, credentials])).toEqual([
      ["Bearer one", "my words", "omit"],
      ["Bearer two", "my words", "omit"],
    ]);
    expect(onLost).not.toHaveBeenCalled();
  });

  it("is not asked for again and again: a second refusal is the answer", async () => {
    const { log, plain } = played("none is good");
    const keeper = new TokenKeeper(() => keeper.take(`another ${log.length}`));
    keeper.take("one");
    expect((await fetchWith(keeper, plain, vi.fn())(address)).status).toBe(401);
    expect(log).toHaveLength(2);
  });

  it("that cannot be replaced leaves the refusal to whoever asked, and is told", async () => {
    const { plain } = played("two");
    const keeper = new TokenKeeper(() => keeper.fail("no"));
    keeper.take("one");
    const onLost = vi.fn();
    expect((await fetchWith(keeper, plain, onLost)(address)).status).toBe(401);
    expect(onLost).toHaveBeenCalledTimes(1);
  });

  it("goes to the server's own addresses alone", async () => {
    const { log, plain } = played("one");
    const keeper = new TokenKeeper(vi.fn());
    keeper.take("one");
    const asking = fetchWith(keeper, plain, vi.fn());
    await asking("https://elsewhere.example/api/v1/chat");
    await asking(`${window.location.origin}/assets/x.js`);
    expect(log.map(({ authorization }) => authorization)).toEqual([null, null]);
  });

  it("names the visitor, under whom drafts are kept", () => {
    const body = btoa(JSON.stringify({ visitor_id: "user_1", user: "?>?>" })).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    expect(visitorOf(`st-embed-${body}.signature`)).toBe("user_1");
    expect(visitorOf("something else")).toBe("visitor");
  });
});
