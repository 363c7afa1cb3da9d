// The list of commands over the box: it shows while a command's name is typed, and the keyboard walks it from the box.
import { useQuery } from "@tanstack/react-query";
import { type HTMLAttributes, type KeyboardEvent, type ReactNode, useEffect, useId, useState } from "react";

import { answered, api } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import type { Tool } from "~/shared/api/types";
import { counted, t } from "~/shared/language/words";
import { announce } from "~/shared/lib/announcer";
import { classes } from "~/shared/lib/classes";

import { commandedTool, firstSentence, fittingTools, typedName, usageOf } from "./slash_commands";
import { toolWords } from "./tool_words";

/** What the box has to know of the commands that are offered over it. */
export type CommandHelp = {
  /** The list, or how the command that is being written goes on. */
  shown: ReactNode;
  /** Takes a key that is meant for the list. Returns: whether it was. */
  onKeyDown: (event: KeyboardEvent) => boolean;
  box: HTMLAttributes<HTMLTextAreaElement>;
};

const none: readonly Tool[] = [];

/** The tools of the workspace, read when the first command is begun. */
function useTools(wanted: boolean): readonly Tool[] {
  const { data } = useQuery({
    queryKey: keys.tools,
    queryFn: async ({ signal }) => (await answered(api.GET("/api/v1/tools", { signal }))).items as Tool[],
    staleTime: 60_000,
    retry: false,
    enabled: wanted,
  });
  return data ?? none;
}

/** Offer the commands that fit what is typed. Returns: the help, and whether a message is a command. */
export function useCommandHelp(draft: string, write: (text: string) => void): { help: CommandHelp; isCommand: (text: string) => boolean } {
  const list = useId();
  const tools = useTools(draft.startsWith("/"));
  const typed = typedName(draft);
  const [left, setLeft] = useState<string | null>(null);
  const fitting = typed === null || left === draft ? [] : fittingTools(tools, typed);
  const [active, setActive] = useState(0);
  const [begun, setBegun] = useState(typed);
  if (begun !== typed) {
    setBegun(typed);
    setActive(0);
  }
  const at = Math.min(active, fitting.length - 1);
  const isOpen = fitting.length > 0;
  const commanded = isOpen ? null : commandedTool(tools, draft);

  const found = isOpen ? fitting.length : 0;
  useEffect(() => {
    if (found === 0) return;
    announce(counted(found, "One command. Arrow keys choose, Enter takes it.", "{count} commands. Arrow keys choose, Enter takes one."));
  }, [found]);

  const take = (tool: Tool | undefined) => tool && write(`/${tool.name} `);
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (!isOpen || event.nativeEvent.isComposing || event.shiftKey) return false;
    const steps: Record<string, () => void> = {
      ArrowDown: () => setActive((at + 1) % fitting.length),
      ArrowUp: () => setActive((at - 1 + fitting.length) % fitting.length),
      Enter: () => take(fitting[at]),
      Tab: () => take(fitting[at]),
      Escape: () => setLeft(draft),
    };
    const step = steps[event.key];
    if (step === undefined) return false;
    event.preventDefault();
    step();
    return true;
  };

  const optionId = (place: number) => `${list}-${place}`;
  const activeId = isOpen ? optionId(at) : null;
  useEffect(() => {
    // The focus stays in the box, so nothing else brings the option into sight.
    if (activeId !== null) document.querySelector(`#${CSS.escape(activeId)}`)?.scrollIntoView?.({ block: "nearest" });
  }, [activeId]);
  const shown = isOpen ? (
    <div
      id={list}
      role="listbox"
      aria-label={t("Commands")}
      // It scrolls where the page is low.
      tabIndex={0}
      className="popup absolute inset-x-3 bottom-full z-20 mb-1 max-h-72 overflow-y-auto rounded-xl border border-line bg-raised p-1 shadow-float sm:inset-x-6"
    >
      {fitting.map((tool, place) => (
        // The keyboard stays in the box, which names the option that is active.
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
        <div
          key={tool.name}
          id={optionId(place)}
          role="option"
          aria-selected={place === at}
          onPointerMove={() => setActive(place)}
          // The box keeps the focus.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => take(tool)}
          className={classes("cursor-pointer rounded-lg px-2.5 py-1.5 text-sm", place === at && "bg-hover")}
        >
          <span className="flex min-w-0 items-baseline gap-2">
            <span dir="ltr" className="font-mono text-[0.8125rem]">
              /{tool.name}
            </span>
            <span className="min-w-0 truncate text-xs text-quiet">{toolWords(tool.name)}</span>
          </span>
          <span dir="auto" className="block truncate text-xs text-quiet">
            {firstSentence(tool)}
          </span>
        </div>
      ))}
    </div>
  ) : commanded === null ? null : (
    <p dir="ltr" className="px-1 pb-1.5 font-mono text-xs text-quiet wrap-anywhere">
      {usageOf(commanded)}
    </p>
  );

  const box: HTMLAttributes<HTMLTextAreaElement> = isOpen
    ? { "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": list, "aria-activedescendant": optionId(at) }
    : {};
  return { help: { shown, onKeyDown, box }, isCommand: (text) => commandedTool(tools, text) !== null };
}
