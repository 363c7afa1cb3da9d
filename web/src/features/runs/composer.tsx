// The box where a person writes. Enter sends, Shift+Enter starts a line; the draft outlives the page.
import { ArrowUp, Square } from "lucide-react";
import { type FormEvent, type KeyboardEvent, type ReactNode, type RefObject, useLayoutEffect } from "react";

import { t } from "~/shared/language/words";

import type { CommandHelp } from "./command_list";

type ComposerProps = {
  draft: string;
  onDraft: (text: string) => void;
  onSend: () => void;
  onStop: () => void;
  busy: boolean;
  box: RefObject<HTMLTextAreaElement | null>;
  /** What stands below the text, at its start: the model picker. */
  tools?: ReactNode;
  /** What goes with the text, shown above it. */
  tray?: ReactNode;
  /** Files alone are a message; one that cannot be had keeps it back. */
  files?: "none" | "some" | "failed";
  /** The commands that are offered while one is typed. */
  help?: CommandHelp;
};

const TALLEST = 240;

/** Make the box as tall as its text, up to a limit. */
function fit(area: HTMLTextAreaElement | null): void {
  if (!area) return;
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight, TALLEST)}px`;
}

export function Composer({ draft, onDraft, onSend, onStop, busy, box, tools, tray, files = "none", help }: ComposerProps) {
  // The height follows the text, whoever changed it.
  // oxlint-disable-next-line react/exhaustive-effect-dependencies
  useLayoutEffect(() => fit(box.current), [box, draft]);
  const empty = (draft.trim() === "" && files === "none") || files === "failed";

  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (!empty) onSend();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (help?.onKeyDown(event)) return;
    // While an input method composes a word, Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };

  return (
    <form
      onSubmit={submit}
      className="rounded-2xl border border-line-strong bg-raised shadow-low transition-colors duration-150 focus-within:border-accent focus-within:ring-3 focus-within:ring-accent-soft"
    >
      {tray}
      <textarea
        ref={box}
        rows={1}
        value={draft}
        onChange={(event) => onDraft(event.target.value)}
        onKeyDown={onKeyDown}
        {...help?.box}
        placeholder={t("Ask me anything...")}
        aria-label={t("Message")}
        // An empty box stands as the page does.
        dir={draft === "" ? undefined : "auto"}
        enterKeyHint="send"
        className="block w-full resize-none bg-transparent px-4 pt-3.5 pb-1 text-base leading-6 outline-none placeholder:text-quiet sm:text-[0.9375rem]"
        style={{ maxHeight: TALLEST }}
      />
      <div className="flex h-12 items-center gap-2 px-2 pb-1">
        <div className="flex min-w-0 flex-1 items-center">{tools}</div>
        {busy ? (
          <button
            type="button"
            onClick={onStop}
            aria-label={t("Stop")}
            title={t("Stop (Esc)")}
            className="inline-flex size-9 items-center justify-center rounded-xl bg-ink text-page transition-opacity duration-150 hover:opacity-85"
          >
            <Square aria-hidden className="size-3.5 fill-current" />
          </button>
        ) : null}
        {busy && empty ? null : (
          <button
            type="submit"
            aria-label={busy ? t("Send after this answer") : t("Send")}
            title={busy ? t("Send after this answer (Enter)") : t("Send (Enter)")}
            disabled={empty}
            className="inline-flex size-9 items-center justify-center rounded-xl bg-accent-fill text-on-accent transition-colors duration-150 hover:bg-accent-fill-hover disabled:bg-hover disabled:text-quiet"
          >
            <ArrowUp aria-hidden className="size-4.5" />
          </button>
        )}
      </div>
    </form>
  );
}
