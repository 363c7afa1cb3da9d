import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createRef } from "react";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import type { Thread } from "~/shared/api/types";
import { type Asked, playServer, refusal, renderPage } from "~/test_server";

import { pageOf, threadOf } from "./played_threads";
import { ThreadList } from "./thread_list";

// What comes when it is first needed is there already.
beforeAll(() => Promise.all([import("~/shared/ui/menu_popup"), import("~/shared/ui/toast_region")]));

let threads: Thread[];
let tags: { tag: string; conversations: number }[];
let hits: object[];
beforeEach(() => {
  threads = [threadOf({ id: "thread_1", title: "Harbour plans" }), threadOf({ id: "thread_2", title: "Tide tables" })];
  tags = [];
  hits = [];
});

function open(answers: Parameters<typeof playServer>[0] = {}) {
  const asked = playServer({
    "GET /api/v1/chat": ({ query }: Asked) => {
      const tag = query.get("tag");
      const archived = query.get("archived") === "true";
      return pageOf(threads.filter((thread) => thread.archived === archived && (tag === null || thread.tags.includes(tag))));
    },
    "GET /api/v1/chat/tags": () => ({ items: tags }),
    "GET /api/v1/chat/search": () => ({ items: hits }),
    "GET /api/v1/shared": () => ({
      items: [{ id: "share_1", title: "Berths", shared_by: "Eve", message_count: 2, created_at: "2026-11-20T10:00:00Z", updated_at: "2026-11-20T10:00:00Z" }],
      next_cursor: null,
    }),
    "PATCH /api/v1/chat/thread_1": ({ body }: Asked) => {
      threads = threads.map((thread) => (thread.id === "thread_1" ? { ...thread, ...body } : thread));
      return threads[0] ?? {};
    },
    ...answers,
  });
  const onOpen = vi.fn<() => void>();
  const list = <ThreadList activeId="thread_2" searchBox={createRef()} onOpen={onOpen} />;
  return { asked, onOpen, ...renderPage(<aside>{list}</aside>) };
}

const row = (name: RegExp) => screen.findByRole("link", { name });
const hit = (id: string, title: string) => ({ thread: threadOf({ id, title }), message_id: `msg_${id}`, snippet: `the \uE000tide\uE001 of ${title}` });

describe("the list of conversations", () => {
  it("marks the one that is shown", async () => {
    open();
    expect(await row(/Tide tables/)).toHaveAttribute("aria-current", "page");
    expect(await row(/Harbour plans/)).not.toHaveAttribute("aria-current");
  });

  it("is walked with the arrows, from the search box and back", async () => {
    open();
    await row(/Harbour plans/);
    const box = screen.getByLabelText("Search conversations");
    await userEvent.click(box);
    await userEvent.keyboard("{ArrowDown}");
    expect(await row(/Harbour plans/)).toHaveFocus();
    await userEvent.keyboard("{ArrowDown}{ArrowDown}");
    expect(await row(/Tide tables/)).toHaveFocus();
    await userEvent.keyboard("{Home}{ArrowUp}");
    expect(box).toHaveFocus();
  });

  it("marks what a search found, and opens the first by Enter [CONV-19]", async () => {
    hits = [hit("thread_3", "North pier"), hit("thread_4", "South pier")];
    const { asked, onOpen } = open();
    await userEvent.type(screen.getByLabelText("Search conversations"), "tide");
    const found = await screen.findByRole("list", { name: "Search results" });
    expect(within(found).getAllByRole("link")).toHaveLength(2);
    expect(found.querySelector("mark")).toHaveTextContent("tide");
    expect(screen.getByText("2 found")).toHaveAttribute("role", "status");
    // What is typed in one go is asked for once.
    expect(asked.filter(({ path }) => path.endsWith("/search"))).toHaveLength(1);
    await userEvent.keyboard("{Enter}");
    expect(onOpen).toHaveBeenCalledOnce();
    expect(window.location.pathname).toBe("/chat/thread_3");
  });

  it("says when a search found nothing, and Escape brings the list back", async () => {
    open();
    await userEvent.type(screen.getByLabelText("Search conversations"), "nothing");
    expect(await screen.findByText("Nothing found. Try other words.")).toBeInTheDocument();
    await userEvent.keyboard("{Escape}");
    expect(await row(/Harbour plans/)).toBeInTheDocument();
  });

  it("says why a search failed, with a way to try again", async () => {
    let fails = true;
    open({ "GET /api/v1/chat/search": () => (fails ? refusal(429, "too_many", "Too many searches. Wait a moment.") : { items: [hit("thread_3", "Pier")] }) });
    await userEvent.type(screen.getByLabelText("Search conversations"), "tide");
    expect(await screen.findByRole("alert")).toHaveTextContent("Too many searches.");
    fails = false;
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("list", { name: "Search results" })).toBeInTheDocument();
  });

  it("is narrowed to a tag, and widened again by the same button", async () => {
    threads = [threadOf({ id: "thread_1", title: "Harbour plans", tags: ["harbour"] }), threadOf({ id: "thread_2", title: "Tide tables" })];
    tags = [{ tag: "harbour", conversations: 1 }];
    open();
    const chip = await screen.findByRole("button", { name: "harbour" });
    await userEvent.click(chip);
    await waitFor(() => expect(screen.queryByRole("link", { name: /Tide tables/ })).toBeNull());
    expect(await row(/Harbour plans/)).toHaveTextContent("Tags: harbour");
    expect(chip).toHaveAttribute("aria-pressed", "true");
    await userEvent.click(chip);
    expect(await row(/Tide tables/)).toBeInTheDocument();
  });

  it("shows few tags at first, the rest on demand", async () => {
    tags = Array.from({ length: 9 }, (_, place) => ({ tag: `tag ${place}`, conversations: 9 - place }));
    open();
    const group = await screen.findByRole("group", { name: "Tags" });
    expect(within(group).getAllByRole("button")).toHaveLength(7);
    await userEvent.click(within(group).getByRole("button", { name: "3 more" }));
    expect(within(group).getByRole("button", { name: "tag 8" })).toBeInTheDocument();
  });

  it("takes an archived conversation out at once, and lists it among the archived", async () => {
    open();
    await row(/Harbour plans/);
    await userEvent.click(screen.getByRole("button", { name: "Options for Harbour plans" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Archive" }));
    await waitFor(() => expect(screen.queryByRole("link", { name: /Harbour plans/ })).toBeNull());
    expect(threads[0]?.archived).toBe(true);
    await userEvent.click(screen.getByRole("button", { name: "Archived" }));
    expect(await row(/Harbour plans/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Options for Harbour plans" }));
    // What is archived cannot be shared.
    expect(screen.queryByRole("menuitem", { name: "Share…" })).toBeNull();
    await userEvent.click(await screen.findByRole("menuitem", { name: "Restore" }));
    await waitFor(() => expect(threads[0]?.archived).toBe(false));
  });

  it("lists what colleagues share [CONV-17]", async () => {
    open();
    await userEvent.click(await screen.findByRole("button", { name: "Shared with you" }));
    expect(await row(/Berths/)).toHaveAttribute("href", "/shared/share_1");
    expect(await row(/Berths/)).toHaveTextContent("Eve");
    // The way back has the focus, and then the way there.
    expect(screen.getByRole("button", { name: "Shared with you" })).toHaveFocus();
    await userEvent.keyboard("{Enter}");
    expect(await row(/Harbour plans/)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Shared with you" })).toHaveFocus();
  });
});
