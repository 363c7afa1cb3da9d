import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { type Asked, playServer, renderPage } from "~/test_server";

import { threadOf } from "./played_threads";
import { LONGEST_TAG, MOST_TAGS, withTyped } from "./tags";
import TagsDialog from "./tags_dialog";

function open(tags: string[]) {
  const onClose = vi.fn<() => void>();
  const thread = threadOf({ tags });
  const asked = playServer({
    "GET /api/v1/chat/tags": { items: [{ tag: "invoice", conversations: 3 }] },
    "PATCH /api/v1/chat/thread_1": ({ body }: Asked) => ({ ...thread, ...body }),
  });
  renderPage(<TagsDialog thread={thread} onClose={onClose} />);
  const saved = () => asked.find(({ method }) => method === "PATCH")?.body;
  return { onClose, saved };
}

const field = () => screen.getByLabelText("Add a tag");
const save = () => userEvent.click(screen.getByRole("button", { name: "Save" }));

describe("tags of a conversation", () => {
  it("are added by Enter and by a comma, and what is still typed counts", async () => {
    const { onClose, saved } = open(["harbour"]);
    await userEvent.type(field(), "invoice{Enter}two words,last");
    expect(within(screen.getByRole("list", { name: "Tags of this conversation" })).getAllByRole("listitem")).toHaveLength(3);
    await save();
    expect(saved()).toEqual({ tags: ["harbour", "invoice", "two words", "last"] });
    expect(onClose).toHaveBeenCalledOnce();
  });

  it("are removed by their button, or the last by Backspace", async () => {
    const { saved } = open(["one", "two", "three"]);
    await userEvent.click(screen.getByRole("button", { name: "Remove one" }));
    expect(field()).toHaveFocus();
    await userEvent.keyboard("{Backspace}");
    await save();
    expect(saved()).toEqual({ tags: ["two"] });
  });

  it("are left alone when nothing changed", async () => {
    const { onClose, saved } = open(["one"]);
    await save();
    expect(onClose).toHaveBeenCalledOnce();
    expect(saved()).toBeUndefined();
  });

  it("end at the server's limit, with a word about it", () => {
    open(Array.from({ length: MOST_TAGS }, (_, place) => `tag ${place}`));
    expect(field()).toHaveAttribute("readonly");
    expect(field()).toHaveAccessibleDescription(/Remove one/);
  });
});

describe("what a line adds", () => {
  it.each([
    ["trims and folds blanks", ["a"], "  b   c ,", ["a", "b c"]],
    ["keeps each once", ["a"], "a, b, b", ["a", "b"]],
    ["cuts what is too long", [], "x".repeat(LONGEST_TAG + 5), ["x".repeat(LONGEST_TAG)]],
  ])("%s", (_, tags, line, expected) => {
    expect(withTyped(tags, line)).toEqual(expected);
  });

  it("takes no more than fit", () => {
    expect(withTyped([], Array.from({ length: 20 }, (_, place) => String(place)).join(","))).toHaveLength(MOST_TAGS);
  });
});
