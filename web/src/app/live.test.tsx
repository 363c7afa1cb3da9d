import { InfiniteQueryObserver, QueryClient, QueryClientProvider, QueryObserver } from "@tanstack/react-query";
import { render, waitFor } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { keys } from "~/shared/api/keys";
import type { Thread } from "~/shared/api/types";
import { playServer } from "~/test_server";

import { refresher, useLiveThreads } from "./live";

/** The far end of the line, played. */
class PlayedSocket extends EventTarget {
  static all: PlayedSocket[] = [];
  readonly sent: string[] = [];
  isClosed = false;
  constructor(readonly url: string) {
    super();
    PlayedSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.isClosed = true;
    this.dispatchEvent(new Event("close"));
  }
  open() {
    this.dispatchEvent(new Event("open"));
  }
  say(message: unknown) {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) }));
  }
  changed(...ids: string[]) {
    this.say({ type: "threads_changed", ids });
  }
}

const sockets = () => PlayedSocket.all.filter((socket) => !socket.isClosed);

beforeEach(() => {
  PlayedSocket.all = [];
  vi.stubGlobal("WebSocket", PlayedSocket);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function Tab({ userId = "user_ada" }: { userId?: string }) {
  useLiveThreads(userId, "ws_1");
  return null;
}

function openTab() {
  const cache = new QueryClient();
  const read = vi.fn(async () => ({ items: [], next_cursor: null }));
  const list = new InfiniteQueryObserver(cache, {
    queryKey: keys.threadList(false),
    queryFn: read,
    initialPageParam: "",
    getNextPageParam: () => undefined,
    staleTime: Infinity,
  });
  const page = (userId?: string) => (
    <StrictMode>
      <QueryClientProvider client={cache}>
        <Tab {...(userId ? { userId } : {})} />
      </QueryClientProvider>
    </StrictMode>
  );
  const tab = render(page());
  const stop = list.subscribe(() => undefined);
  const signInAs = (userId: string) => tab.rerender(page(userId));
  return { cache, read, signInAs, close: () => (tab.unmount(), stop()) };
}

test("a tab has one line, and reads its list again at every piece of news", async () => {
  const { read, close } = openTab();
  await waitFor(() => expect(read).toHaveBeenCalledTimes(1));
  const [socket, ...more] = sockets();
  expect(more).toEqual([]);
  expect(socket?.url).toBe(`${window.location.origin.replace("http", "ws")}/api/v1/ws`);
  socket?.open();
  expect(socket?.sent).toEqual(['{"type":"watch"}']);
  // The first news names nothing: something may have changed before the line was there.
  socket?.changed();
  await waitFor(() => expect(read).toHaveBeenCalledTimes(2));
  socket?.changed("thread_1");
  await waitFor(() => expect(read).toHaveBeenCalledTimes(3));
  socket?.say({ type: "event", run_id: "run_1" });
  await Promise.resolve();
  expect(read).toHaveBeenCalledTimes(3);
  close();
  expect(sockets()).toEqual([]);
});

test("a line that is lost comes back after waits that grow, and not once the tab is closed", async () => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  const { close } = openTab();
  const lost = async (milliseconds: number) => {
    sockets()[0]?.close();
    await vi.advanceTimersByTimeAsync(milliseconds - 1);
    expect(sockets()).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(sockets()).toHaveLength(1);
  };
  await lost(500);
  await lost(1000);
  await lost(2000);
  sockets()[0]?.open();
  sockets()[0]?.changed();
  await lost(500);
  sockets()[0]?.close();
  close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sockets()).toHaveLength(0);
});

test("another person gets another line", () => {
  const { signInAs, close } = openTab();
  const [before] = sockets();
  signInAs("user_eve");
  expect(before?.isClosed).toBe(true);
  expect(sockets()).toHaveLength(1);
  close();
});

test("news during a reading is met by one more reading, however much of it comes", async () => {
  const cache = new QueryClient();
  let finish: (() => void)[] = [];
  const read = vi.fn(() => new Promise<number>((done) => finish.push(() => done(0))));
  const observer = new QueryObserver(cache, { queryKey: keys.threadList(false), queryFn: read });
  const stop = observer.subscribe(() => undefined);
  const finishAll = () => {
    for (const one of finish) one();
    finish = [];
  };
  finishAll();
  await waitFor(() => expect(observer.getCurrentResult().isFetching).toBe(false));
  const refresh = refresher(cache);
  const first = refresh(["thread_1"]);
  for (let turn = 0; turn < 20; turn += 1) void refresh([`thread_${turn}`]);
  expect(read).toHaveBeenCalledTimes(2);
  finishAll();
  await waitFor(() => expect(read).toHaveBeenCalledTimes(3));
  finishAll();
  await first;
  expect(read).toHaveBeenCalledTimes(3);
  stop();
});

test("what stands above an open conversation is read again when it is named", async () => {
  const thread = { id: "thread_1", client_id: "chat_1", title: "Plans" } as Thread;
  const asked = playServer({ "GET /api/v1/chat/thread_1": { thread: { ...thread, title: "Heron" }, messages: [], next_cursor: null } });
  const cache = new QueryClient();
  cache.setQueryData(keys.thread("chat_1"), thread);
  cache.setQueryData(keys.thread("thread_2"), { ...thread, id: "thread_2" });
  const refresh = refresher(cache);
  await refresh(["thread_1"]);
  expect(asked).toEqual([]);
  const stop = new QueryObserver(cache, { queryKey: keys.thread("chat_1"), enabled: false }).subscribe(() => undefined);
  await refresh(["thread_2"]);
  expect(asked).toEqual([]);
  await refresh(["thread_1"]);
  expect(asked).toHaveLength(1);
  expect(cache.getQueryData<Thread>(keys.thread("chat_1"))?.title).toBe("Heron");
  stop();
});

test("an open conversation that could not be read is read again by itself, a few times", async () => {
  vi.useFakeTimers();
  const thread = { id: "thread_1", client_id: "chat_1", title: "Plans" } as Thread;
  let isAway = true;
  const asked = playServer({
    "GET /api/v1/chat/thread_1": () =>
      isAway ? new Response(null, { status: 503 }) : { thread: { ...thread, title: "Heron" }, messages: [], next_cursor: null },
  });
  const cache = new QueryClient();
  cache.setQueryData(keys.thread("chat_1"), thread);
  const stop = new QueryObserver(cache, { queryKey: keys.thread("chat_1"), enabled: false }).subscribe(() => undefined);
  const refresh = refresher(cache);
  await refresh(["thread_1"]);
  expect(asked).toHaveLength(1);
  isAway = false;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked).toHaveLength(2);
  expect(cache.getQueryData<Thread>(keys.thread("chat_1"))?.title).toBe("Heron");

  isAway = true;
  await refresh(["thread_1"]);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(asked).toHaveLength(7);
  stop();
});
