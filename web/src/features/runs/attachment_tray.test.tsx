import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useRef, useState } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { AttachButton, AttachmentTray } from "./attachment_tray";
import { useAttaching } from "./attaching";
import { Composer } from "./composer";

const sent = vi.fn();
let waiting: { done: () => void; fail: () => void }[];

function Scene() {
  const box = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useState("");
  const send = () => {
    if (attaching.ready()) sent(draft, attaching.list.take().map(({ url }) => url));
  };
  const attaching = useAttaching({ owner: "ada", draftName: "scene", box, onReady: send });
  return (
    <Composer
      box={box}
      draft={draft}
      onDraft={setDraft}
      onSend={send}
      onStop={vi.fn()}
      busy={false}
      tray={<AttachmentTray attaching={attaching} blindModel="Old Model" />}
      files={attaching.hasFailed ? "failed" : attaching.items.length > 0 ? "some" : "none"}
      tools={<AttachButton onFiles={attaching.add} />}
    />
  );
}

const picture = new File(["pixels"], "plan.png", { type: "image/png" });
const button = (name: string) => screen.getByRole("button", { name });

beforeEach(() => {
  sent.mockReset();
  waiting = [];
  URL.createObjectURL = () => "blob:preview";
  URL.revokeObjectURL = vi.fn();
  vi.stubGlobal("fetch", async () => new Response(null, { status: 204 }));
  class PlayedRequest extends EventTarget {
    upload = new EventTarget();
    status = 201;
    responseText = JSON.stringify({ id: "file-1", name: "plan.png", media_type: "image/png", bytes: 6 });
    open() {}
    setRequestHeader() {}
    getResponseHeader = () => null;
    abort() {}
    send() {
      waiting.push({ done: () => this.dispatchEvent(new Event("load")), fail: () => this.dispatchEvent(new Event("error")) });
    }
  }
  vi.stubGlobal("XMLHttpRequest", PlayedRequest);
});

describe("attaching", () => {
  it("sends files alone, and only when they are there", async () => {
    render(<Scene />);
    expect(button("Send")).toBeDisabled();
    await userEvent.upload(screen.getByLabelText("Files to attach"), picture);
    expect(screen.getByRole("progressbar", { name: "Upload of plan.png" })).toBeInTheDocument();
    expect(screen.getByText(/Old Model does not look at pictures/)).toBeInTheDocument();
    await userEvent.type(screen.getByRole("textbox", { name: "Message" }), "look{Enter}");
    expect(sent).not.toHaveBeenCalled();
    expect(screen.getByText("Sending when the files are there…")).toBeInTheDocument();
    await act(async () => waiting[0]?.done());
    expect(sent).toHaveBeenCalledExactlyOnceWith("look", ["/api/v1/files/file-1/content"]);
    expect(screen.queryByRole("list", { name: "Attached files" })).toBeNull();
  });

  it("keeps a message back whose file did not arrive, until it is tried again or removed", async () => {
    render(<Scene />);
    await userEvent.upload(screen.getByLabelText("Files to attach"), picture);
    await act(async () => waiting[0]?.fail());
    expect(screen.getByText(/The upload broke off/)).toBeInTheDocument();
    expect(button("Send")).toBeDisabled();
    await userEvent.click(button("Try plan.png again"));
    await act(async () => waiting[1]?.done());
    expect(button("Send")).toBeEnabled();
    await userEvent.click(button("Remove plan.png"));
    expect(button("Send")).toBeDisabled();
    await vi.waitFor(() => expect(screen.getByRole("textbox", { name: "Message" })).toHaveFocus());
  });

  it("takes a pasted picture, and leaves a pasted text with a picture of itself to the box", async () => {
    render(<Scene />);
    const box = screen.getByRole("textbox", { name: "Message" });
    const paste = (text: string) => {
      const event = new Event("paste", { bubbles: true, cancelable: true });
      const items = [{ kind: "file", getAsFile: () => picture }];
      Object.assign(event, { clipboardData: { items, getData: () => text } });
      act(() => void box.dispatchEvent(event));
      return event.defaultPrevented;
    };
    expect(paste("a table")).toBe(false);
    expect(screen.queryByRole("list", { name: "Attached files" })).toBeNull();
    expect(paste("")).toBe(true);
    expect(screen.getByRole("list", { name: "Attached files" })).toHaveTextContent("plan.png");
    await userEvent.click(button("Remove plan.png"));
  });
});
