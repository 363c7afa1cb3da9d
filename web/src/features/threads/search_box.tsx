// The box above the list: what is typed here is looked for in all conversations.
import { Search, X } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect, useState } from "react";

import { t } from "~/shared/language/words";
import { IconButton } from "~/shared/ui/button";

const SETTLE_MILLISECONDS = 150;

/** What is typed, once the typing rests for a moment; clearing it counts at once. */
export function useSettled(typed: string): string {
  const [settled, setSettled] = useState(typed);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(typed), SETTLE_MILLISECONDS);
    return () => window.clearTimeout(timer);
  }, [typed]);
  return typed === "" ? "" : settled;
}

type SearchBoxProps = {
  box: RefObject<HTMLInputElement | null>;
  value: string;
  onChange: (value: string) => void;
  /** Down leads into the list. */
  onDown: () => void;
  /** Enter opens what stands first. */
  onEnter: () => void;
};

export function SearchBox({ box, value, onChange, onDown, onEnter }: SearchBoxProps) {
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      if (value === "") event.currentTarget.blur();
      onChange("");
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      onDown();
    } else if (event.key === "Enter") onEnter();
  };
  return (
    <search className="relative mx-3 mb-3">
      <Search aria-hidden className="pointer-events-none absolute start-2.5 top-1/2 size-4 -translate-y-1/2 text-quiet" />
      <input
        ref={box}
        type="text"
        dir="auto"
        inputMode="search"
        enterKeyHint="search"
        value={value}
        maxLength={200}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
        placeholder={t("Search")}
        aria-label={t("Search conversations")}
        className="h-9 w-full rounded-lg border border-line bg-raised ps-8.5 pe-9 text-base placeholder:text-quiet sm:text-sm"
      />
      {value === "" ? null : (
        <IconButton small label={t("Clear search")} className="absolute end-1 top-1" onClick={() => onChange("")}>
          <X aria-hidden className="size-4" />
        </IconButton>
      )}
    </search>
  );
}
