// A box that narrows a list by what is typed.
import { Search, X } from "lucide-react";

import { t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";

import { IconButton } from "./button";

type SearchFieldProps = { label: string; value: string; onChange: (value: string) => void; className?: string };

export function SearchField({ label, value, onChange, className }: SearchFieldProps) {
  return (
    <search className={classes("relative block", className)}>
      <Search aria-hidden className="pointer-events-none absolute start-2.5 top-1/2 size-4 -translate-y-1/2 text-quiet" />
      <input
        type="text"
        inputMode="search"
        enterKeyHint="search"
        aria-label={label}
        placeholder={label}
        value={value}
        maxLength={200}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && value !== "") {
            event.stopPropagation();
            onChange("");
          }
        }}
        className="h-9 w-full rounded-lg border border-line-strong bg-raised ps-8.5 pe-9 text-base placeholder:text-quiet sm:text-sm"
      />
      {value === "" ? null : (
        <IconButton small label={t("Clear search")} className="absolute end-1 top-1" onClick={() => onChange("")}>
          <X aria-hidden className="size-4" />
        </IconButton>
      )}
    </search>
  );
}
