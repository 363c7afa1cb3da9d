import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Message } from "~/shared/api/types";

import { AttachmentView } from "./attachment_view";
import { toChatMessage } from "./messages";

const file = (fields: object) => ({ type: "file", filename: "plan.png", media_type: "image/png", url: "/api/v1/files/file-1/content", ...fields });

function show(...parts: object[]) {
  const message = toChatMessage({ id: "msg_1", role: "user", parts, metadata: {} } as unknown as Message);
  if (message === null) throw new Error("no message");
  return render(<AttachmentView message={message} />);
}

describe("the files of a message", () => {
  it("shows a picture, and opens it large", async () => {
    show(file({ bytes: 1200 }));
    expect(screen.getByRole("img", { name: "plan.png" })).toHaveAttribute("src", "/api/v1/files/file-1/content");
    await userEvent.click(screen.getByRole("button", { name: "Open plan.png" }));
    const dialog = await screen.findByRole("dialog", { name: "plan.png" });
    expect(within(dialog).getByRole("link", { name: "Save the picture" })).toHaveAttribute("download", "plan.png");
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("names a document, its size, and that only its beginning was read", () => {
    show(file({ filename: "report.pdf", media_type: "application/pdf", bytes: 12_000, is_cut: true }));
    const link = screen.getByRole("link");
    expect(link).toHaveTextContent("report.pdf");
    expect(link).toHaveTextContent(/12 kB · only its beginning was read/);
    expect(link).toHaveAttribute("download", "report.pdf");
  });

  it("loads nothing from elsewhere, and opens nothing that runs", () => {
    show(file({ url: "https://example.com/spy.png" }), file({ url: "javascript:alert(1)", filename: "bad" }));
    expect(screen.queryByRole("img")).toBeNull();
    expect(screen.getAllByRole("link")).toHaveLength(1);
    expect(screen.getByRole("link")).toHaveAttribute("rel", "noreferrer noopener");
  });

  it("says that a picture is no longer there", () => {
    show(file({}));
    fireEvent.error(screen.getByRole("img"));
    expect(screen.getByText("no longer there")).toBeInTheDocument();
  });
});
