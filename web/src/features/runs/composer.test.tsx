import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useRef, useState } from "react";
import { describe, expect, it, vi } from "vitest";

import { Composer } from "./composer";

function Bench({ onSend, onStop = () => {}, busy = false }: { onSend: (text: string) => void; onStop?: () => void; busy?: boolean }) {
  const [draft, setDraft] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);
  return (
    <Composer draft={draft} onDraft={setDraft} onSend={() => onSend(draft)} onStop={onStop} busy={busy} box={box} />
  );
}

describe("the box to write in", () => {
  it("has the placeholder and a send button that waits for words [UI-05]", async () => {
    const onSend = vi.fn();
    render(<Bench onSend={onSend} />);
    const box = screen.getByPlaceholderText("Ask me anything...");
    const send = screen.getByRole("button", { name: "Send" });
    expect(send).toBeDisabled();
    await userEvent.type(box, "Hello");
    expect(send).toBeEnabled();
    await userEvent.click(send);
    expect(onSend).toHaveBeenCalledExactlyOnceWith("Hello");
  });

  it("sends by Enter and starts a line by Shift+Enter [UI-05] [UI-18]", async () => {
    const onSend = vi.fn();
    render(<Bench onSend={onSend} />);
    await userEvent.type(screen.getByLabelText("Message"), "one{Shift>}{Enter}{/Shift}two{Enter}");
    expect(onSend).toHaveBeenCalledExactlyOnceWith("one\ntwo");
  });

  it("does not send blank words", async () => {
    const onSend = vi.fn();
    render(<Bench onSend={onSend} />);
    await userEvent.type(screen.getByLabelText("Message"), "   {Enter}");
    expect(onSend).not.toHaveBeenCalled();
  });

  it("grows with its text, up to a limit [UI-05]", async () => {
    let height = 60;
    vi.spyOn(HTMLTextAreaElement.prototype, "scrollHeight", "get").mockImplementation(() => height);
    render(<Bench onSend={() => {}} />);
    const box = screen.getByLabelText("Message");
    await userEvent.type(box, "a");
    expect(box.style.height).toBe("60px");
    height = 4000;
    await userEvent.type(box, "b");
    expect(box.style.height).toBe("240px");
  });

  it("shows stop while an answer comes, and takes what is to be sent after it", async () => {
    const onSend = vi.fn();
    const onStop = vi.fn();
    render(<Bench onSend={onSend} onStop={onStop} busy />);
    expect(screen.queryByRole("button", { name: /Send/ })).toBeNull();
    await userEvent.type(screen.getByLabelText("Message"), "next");
    expect(screen.getByRole("button", { name: "Send after this answer" })).toBeEnabled();
    await userEvent.type(screen.getByLabelText("Message"), "{Enter}");
    expect(onSend).toHaveBeenCalledExactlyOnceWith("next");
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    expect(onStop).toHaveBeenCalledOnce();
  });
});
