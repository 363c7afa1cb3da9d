// A block of code with its language's name, a copy button, and colours once the highlighter is there.
import { PanelRight } from "lucide-react";
import { type CSSProperties, useContext, useEffect, useMemo, useRef, useState } from "react";

import { t } from "~/shared/language/words";
import { CopyButton } from "~/shared/ui/copy_button";

import { type Block, OpenBeside, kindOf } from "./beside";
import { type Coloured, Colouring, type Token } from "./colours";

/** Colours for the code as far as they are known; while it streams, the newest characters wait uncoloured. */
function useColours(code: string, language: string, complete: boolean): Coloured | null {
  const [coloured, setColoured] = useState<Coloured | null>(null);
  const colouring = useRef<Colouring | null>(null);

  useEffect(() => {
    const begun = new Colouring(setColoured);
    colouring.current = begun;
    return () => begun.close();
  }, []);

  useEffect(() => colouring.current?.want({ code, language, complete }), [code, language, complete]);

  return coloured && coloured.language === language && code.startsWith(coloured.code) ? coloured : null;
}

const tokenStyle = ({ light, dark, style }: Token) =>
  ({ "--code-light": light, "--code-dark": dark, "--code-style": style }) as CSSProperties;

const names: Record<string, string> = {
  bash: "Shell",
  sh: "Shell",
  shell: "Shell",
  css: "CSS",
  html: "HTML",
  js: "JavaScript",
  javascript: "JavaScript",
  json: "JSON",
  md: "Markdown",
  py: "Python",
  sql: "SQL",
  ts: "TypeScript",
  typescript: "TypeScript",
  tsx: "TSX",
  jsx: "JSX",
  xml: "XML",
  yaml: "YAML",
  yml: "YAML",
  csv: "CSV",
  svg: "SVG",
  toml: "TOML",
};

export function languageLabel(language: string): string {
  if (language === "") return t("Text");
  return names[language.toLowerCase()] ?? language.charAt(0).toUpperCase() + language.slice(1);
}

type CodeBlockProps = { code: string; language: string; complete: boolean };

/** The text alone, coloured. */
export function CodeText({ code, language, complete }: CodeBlockProps) {
  const coloured = useColours(code, language, complete);
  const rest = coloured ? code.slice(coloured.code.length) : code;
  const lines = useMemo(
    () =>
      coloured?.lines.map((line, index) => (
        // Lines of code have no other name than their place.
        // oxlint-disable-next-line react/no-array-index-key
        <span key={index}>
          {index > 0 ? "\n" : null}
          {line.map((token, place) => (
            // oxlint-disable-next-line react/no-array-index-key
            <span key={place} className="code-token" style={tokenStyle(token)}>
              {token.text}
            </span>
          ))}
        </span>
      )),
    [coloured],
  );
  return (
    <code>
      {lines}
      {rest}
    </code>
  );
}

function OpenButton({ block }: { block: Block }) {
  const open = useContext(OpenBeside);
  if (open === null || kindOf(block) === null) return null;
  return (
    <button
      type="button"
      className="inline-flex h-7 items-center gap-1.5 rounded-lg px-2 transition-colors duration-150 hover:bg-hover hover:text-ink"
      onClick={(event) => open(block, event.currentTarget)}
    >
      <PanelRight aria-hidden className="size-3.5 rtl:-scale-x-100" />
      {t("Open beside")}
    </button>
  );
}

export function CodeBlock({ code, language, complete }: CodeBlockProps) {
  const label = languageLabel(language);
  return (
    <figure dir="ltr" className="my-4 overflow-hidden rounded-xl border border-line bg-code" aria-label={t("{language} code", { language: label })}>
      <figcaption className="flex h-9 items-center justify-between border-b border-line pr-1.5 pl-3.5 text-xs text-quiet">
        <span className="me-auto">{label}</span>
        <OpenButton block={{ language, code }} />
        <CopyButton text={() => code} label={t("Copy code")} />
      </figcaption>
      {/* A long line scrolls sideways, so the keyboard must be able to reach the box. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} className="overflow-x-auto px-3.5 py-3 font-mono text-[0.8125rem] leading-[1.6]">
        <CodeText code={code} language={language} complete={complete} />
      </pre>
    </figure>
  );
}
