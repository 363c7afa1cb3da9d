// A value as people read it: text as it is, everything else as indented JSON; a long one is cut until asked for.
import { useId, useState } from "react";

import { t } from "~/shared/language/words";

const SHORT_CHARS = 1_200;
const SHORT_LINES = 16;

export const written = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? ""));

function cut(text: string): string {
  const lines = text.slice(0, SHORT_CHARS).split("\n");
  return lines.slice(0, SHORT_LINES).join("\n");
}

export function WrittenValue({ label, value, problem = false }: { label: string; value: unknown; problem?: boolean }) {
  const [whole, setWhole] = useState(false);
  const id = useId();
  const text = written(value);
  const short = cut(text);
  return (
    <div>
      <p className="text-xs text-quiet">{label}</p>
      <pre
        id={id}
        // The keyboard scrolls it, so it must be able to reach it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label={label}
        dir={typeof value === "string" ? "auto" : "ltr"}
        role="group"
        className={`mt-1 max-h-96 overflow-auto rounded-lg bg-code p-2.5 font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere ${problem ? "text-danger" : ""}`}
      >
        {whole || short === text ? text : `${short}…`}
      </pre>
      {short === text ? null : (
        <button
          type="button"
          aria-expanded={whole}
          aria-controls={id}
          onClick={() => setWhole(!whole)}
          className="-ms-1.5 mt-1 rounded-md px-1.5 py-1 text-xs text-quiet hover:bg-hover hover:text-ink"
        >
          {whole ? t("Show less") : t("Show all")}
        </button>
      )}
    </div>
  );
}
