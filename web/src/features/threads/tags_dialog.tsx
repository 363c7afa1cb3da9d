// Give a conversation tags to find it by.
import { X } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useId, useRef, useState } from "react";

import type { Thread } from "~/shared/api/types";
import { locale } from "~/shared/language/languages";
import { t } from "~/shared/language/words";
import { announce } from "~/shared/lib/announcer";
import { Button } from "~/shared/ui/button";
import { Dialog } from "~/shared/ui/dialog";

import { useChangeThread, useTags } from "./queries";
import { LONGEST_TAG, MOST_TAGS, sameTags, withTyped } from "./tags";

const named = new Intl.ListFormat(locale, { type: "unit", style: "short" });

function Chosen({ tags, onRemove }: { tags: readonly string[]; onRemove: (tag: string) => void }) {
  if (tags.length === 0) return null;
  return (
    <ul aria-label={t("Tags of this conversation")} className="mb-3 flex flex-wrap gap-1.5">
      {tags.map((tag) => (
        <li key={tag} className="inline-flex h-7 max-w-full items-center gap-0.5 rounded-full bg-accent-soft ps-2.5 pe-1 text-sm text-accent">
          <span dir="auto" className="truncate">{tag}</span>
          <button
            type="button"
            aria-label={t("Remove {name}", { name: tag })}
            title={t("Remove {name}", { name: tag })}
            onClick={() => onRemove(tag)}
            className="inline-flex size-5 shrink-0 items-center justify-center rounded-full hover:bg-hover"
          >
            <X aria-hidden className="size-3.5" />
          </button>
        </li>
      ))}
    </ul>
  );
}

export default function TagsDialog({ thread, onClose }: { thread: Thread; onClose: () => void }) {
  const [tags, setTags] = useState<readonly string[]>(thread.tags);
  const [typed, setTyped] = useState("");
  const { data: known = [] } = useTags();
  const change = useChangeThread();
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const isFull = tags.length >= MOST_TAGS;
  const offered = known.filter(({ tag }) => !tags.includes(tag));

  const add = (line: string) => {
    const next = withTyped(tags, line);
    if (next.length > tags.length) announce(t("Added {tags}.", { tags: named.format(next.slice(tags.length)) }));
    setTags(next);
    setTyped("");
  };
  const remove = (tag: string) => {
    setTags(tags.filter((other) => other !== tag));
    announce(t("Removed {tag}.", { tag }));
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const last = tags.at(-1);
    if (event.key === "," || (event.key === "Enter" && typed.trim() !== "")) {
      event.preventDefault();
      add(typed);
    } else if (event.key === "Backspace" && typed === "" && last !== undefined) remove(last);
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    // What is typed and not yet added counts as well.
    const next = withTyped(tags, typed);
    if (!sameTags(next, thread.tags)) change.mutate({ thread, change: { tags: next } });
    onClose();
  };

  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("Tags")} description={t("Words of your own to find this conversation by.")}>
      <form onSubmit={save}>
        <Chosen tags={tags} onRemove={remove} />
        <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
          {t("Add a tag")}
        </label>
        <input
          ref={field}
          id={id}
          list={`${id}-known`}
          dir="auto"
          value={typed}
          maxLength={LONGEST_TAG * MOST_TAGS}
          readOnly={isFull}
          aria-describedby={`${id}-hint`}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={onKeyDown}
          className="h-10 w-full rounded-lg border border-line-strong bg-raised px-3 text-base placeholder:text-quiet sm:text-sm"
        />
        <datalist id={`${id}-known`}>
          {offered.map(({ tag }) => (
            <option key={tag} value={tag}>
              {tag}
            </option>
          ))}
        </datalist>
        <p id={`${id}-hint`} className="mt-1.5 text-sm text-quiet">
          {isFull
            ? t("{most} tags at most. Remove one to add another.", { most: MOST_TAGS })
            : t("Press Enter after each. {most} characters at most.", { most: LONGEST_TAG })}
        </p>
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button look="loud" type="submit">
            {t("Save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
