import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useRef } from "react";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { OpenBeside } from "~/shared/markdown/beside";
import { CodeBlock } from "~/shared/markdown/code_block";

import ArtifactPanel from "./artifact_panel";
import { useArtifacts } from "./artifact_state";
import { fencedIn } from "./artifacts";
import type { ChatMessage } from "./messages";

const answer = (text: string, id = "msg_1"): ChatMessage => ({ id, role: "assistant", parts: [{ type: "text", text }] });
const page = (words: string) => `\`\`\`html\n<!doctype html>\n<title>Harbour</title>\n<p>${words}</p>\n<script>run()</script>\n\`\`\``;

function Talk({ messages, busy = false }: { messages: ChatMessage[]; busy?: boolean }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const { open, shown } = useArtifacts(messages, busy, box);
  const blocks = messages.flatMap(({ id, parts }) => parts.flatMap((part) => (part.type === "text" ? fencedIn(part.text).map((block) => ({ id, ...block })) : [])));
  return (
    <>
      <OpenBeside value={open}>
        {blocks.map(({ id, language, code, isClosed }) => (
          <CodeBlock key={id} language={language} code={code} complete={isClosed} />
        ))}
      </OpenBeside>
      <textarea ref={box} aria-label="Message" />
      {shown ? <ArtifactPanel {...shown} /> : null}
    </>
  );
}

const openers = () => screen.findAllByRole("button", { name: "Open beside" });
const frame = () => document.querySelector("iframe")!;

describe.each([true, false])("beside the conversation, with room for it: %s", (isWide) => {
  beforeEach(() => {
    vi.spyOn(window, "matchMedia").mockImplementation(
      (media) => ({ matches: isWide, media, addEventListener: () => {}, removeEventListener: () => {} }) as unknown as MediaQueryList,
    );
  });
  const panel = () => screen.findByRole(isWide ? "complementary" : "dialog", { name: "Harbour" });

  it("opens by a press, and gives the focus back when it is closed [UI-22]", async () => {
    const user = userEvent.setup();
    render(<Talk messages={[answer(page("Hello"))]} />);
    const [opener] = await openers();
    await user.click(opener!);
    const shown = await panel();
    // The focus follows with the next frame.
    await vi.waitFor(() => expect(shown).toContainElement(document.activeElement as HTMLElement));
    await user.keyboard("{Escape}");
    await vi.waitFor(() => expect(opener).toHaveFocus());
    expect(document.querySelector("iframe")).toBeNull();
  });

  it("stands still until somebody says so, and is a new frame then [UI-22]", async () => {
    const user = userEvent.setup();
    render(<Talk messages={[answer(page("Hello"))]} />);
    await user.click((await openers())[0]!);
    const still = frame();
    expect(still.getAttribute("src")).toBe("/artifact/still");
    expect(still.getAttribute("sandbox")).toBe("allow-scripts");
    await user.click(screen.getByRole("button", { name: "Run scripts" }));
    expect(frame()).not.toBe(still);
    expect(frame().getAttribute("src")).toBe("/artifact/running");
    expect(frame().getAttribute("sandbox")).toBe("allow-scripts");
  });

  it("tells its frame the document once, however often it loads", async () => {
    render(<Talk messages={[answer(page("Hello"))]} />);
    fireEvent.click((await openers())[0]!);
    await panel();
    const post = vi.spyOn(frame().contentWindow!, "postMessage");
    fireEvent.load(frame());
    fireEvent.load(frame());
    expect(post).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("<p>Hello</p>"), "*");
  });

  it("shows the source while it is written, then the preview, then the newest version", async () => {
    const { rerender } = render(<Talk busy messages={[answer(page("Hel").slice(0, 60))]} />);
    fireEvent.click((await openers())[0]!);
    await panel();
    expect(screen.getByRole("tab", { name: "Source" })).toHaveAttribute("aria-selected", "true");
    expect(document.querySelector("iframe")).toBeNull();
    rerender(<Talk messages={[answer(page("Hello"))]} />);
    expect(frame()).toBeInTheDocument();
    rerender(<Talk messages={[answer(page("Hello")), answer(page("Again"), "msg_2")]} />);
    expect(await screen.findByText("2/2")).toBeInTheDocument();
    fireEvent.click(screen.getByRole("button", { name: "Earlier version" }));
    expect(screen.getByText("1/2")).toBeInTheDocument();
    fireEvent.click(screen.getByRole("tab", { name: "Source" }));
    expect((await panel()).querySelector("pre")).toHaveTextContent("Hello");
  });

  it("keeps what one looks at when the answer is asked for anew", async () => {
    const { rerender } = render(<Talk messages={[answer(page("Hello"))]} />);
    fireEvent.click((await openers())[0]!);
    rerender(<Talk messages={[answer("Something else.", "msg_2")]} />);
    expect(await panel()).toBeInTheDocument();
    fireEvent.keyDown(document.activeElement ?? document.body, { key: "Escape" });
    await vi.waitFor(() => expect(screen.getByLabelText("Message")).toHaveFocus());
  });

  it("closes when the page in it hands Escape on, and for no other window", async () => {
    render(<Talk messages={[answer(page("Hello"))]} />);
    fireEvent.click((await openers())[0]!);
    await panel();
    fireEvent(window, new MessageEvent("message", { data: "escape", source: window }));
    expect(frame()).toBeInTheDocument();
    fireEvent(window, new MessageEvent("message", { data: "close", source: frame().contentWindow }));
    expect(frame()).toBeInTheDocument();
    fireEvent(window, new MessageEvent("message", { data: "escape", source: frame().contentWindow }));
    await vi.waitFor(() => expect(document.querySelector("iframe")).toBeNull());
  });
});

it("has no button where there is no place for it", () => {
  render(<CodeBlock language="html" code="<!doctype html>" complete />);
  expect(screen.queryByRole("button", { name: "Open beside" })).toBeNull();
  expect(screen.getByRole("button", { name: "Copy code" })).toBeInTheDocument();
});
