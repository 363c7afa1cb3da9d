// Markdown as a model writes it, block by block, with nothing in it that could act: no HTML, no foreign pictures.
import { Children, type ComponentProps, type JSX, type ReactNode, createContext, isValidElement, useContext, useMemo } from "react";
import { Streamdown, defaultRehypePlugins, defaultRemarkPlugins, useIsCodeFenceIncomplete } from "streamdown";

import { t } from "~/shared/language/words";

import { Citation } from "./citation";
import { type Doubt, citationMarkers } from "./citation_markers";
import { CodeBlock } from "./code_block";
import { Diagram } from "./diagram";
import { Formula } from "./formula";
import { safeImage, safeLink } from "./links";
import { withMathMarks } from "./math_marks";
import { mathNodes } from "./math_nodes";
import { realHost } from "./real_host";

type Tag<Name extends keyof JSX.IntrinsicElements> = ComponentProps<Name> & { node?: unknown };

function withoutLastBreaks(text: string): string {
  let end = text.length;
  while (text[end - 1] === "\n") end -= 1;
  return text.slice(0, end);
}

function Code({ className, children }: Tag<"code">) {
  const incomplete = useIsCodeFenceIncomplete();
  const language = /language-([^\s]+)/.exec(className ?? "")?.[1] ?? "";
  const code = withoutLastBreaks(typeof children === "string" ? children : "");
  if (language === "mermaid") return <Diagram code={code} complete={!incomplete} />;
  return <CodeBlock code={code} language={language} complete={!incomplete} />;
}

function FormulaElement({ tex, display }: { tex: string; display: string }) {
  return <Formula tex={tex} display={display === "true"} />;
}

/** The words of what a link shows, whatever they are wrapped in. */
function wordsIn(shown: ReactNode): string {
  return Children.toArray(shown)
    .map((piece) => (isValidElement<{ children?: ReactNode }>(piece) ? wordsIn(piece.props.children) : String(piece)))
    .join("");
}

const WithinLink = createContext(false);

function Link({ href, children }: Tag<"a">) {
  const within = useContext(WithinLink);
  // A link to a footnote would lead out of the conversation; the note stands at the answer's end.
  const address = href?.startsWith("#") ? null : safeLink(href);
  if (address === null || within) return <span>{children}</span>;
  const host = realHost(wordsIn(children), address);
  return (
    <>
      <a href={address} target="_blank" rel="noopener noreferrer nofollow">
        <WithinLink value>{children}</WithinLink>
      </a>
      {host === null ? null : <span className="text-[0.88em] text-quiet"> ({host})</span>}
    </>
  );
}

function Image({ src, alt }: Tag<"img">) {
  const given = typeof src === "string" ? src : undefined;
  const own = safeImage(given);
  if (own !== null) return <img src={own} alt={alt ?? ""} loading="lazy" />;
  const address = safeLink(given);
  const name = alt || t("picture");
  // A foreign picture is offered, not loaded.
  return address === null ? <span>{name}</span> : <Link href={address}>{t("Open {name}", { name })}</Link>;
}

function Table({ children }: Tag<"table">) {
  return (
    // A wide table scrolls inside its frame, so the keyboard must be able to reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="table-frame" role="group" aria-label={t("Table")} tabIndex={0}>
      <table dir="auto">{children}</table>
    </div>
  );
}

type Heading = "h2" | "h3" | "h4" | "h5" | "h6";

/** The page's own title is its first heading; an answer's headings begin below it. */
function heading(Name: Heading, look: string) {
  return function AnswerHeading({ children }: { children?: ReactNode }) {
    return <Name data-look={look}>{children}</Name>;
  };
}

/** An element as it is. With `dir: "auto"` its side follows its first words; those of paragraphs follow by the styles. */
function plain<Name extends "p" | "ul" | "li" | "strong" | "blockquote" | "thead" | "tbody" | "tr" | "hr" | "sup" | "sub">(
  name: Name,
  given: { dir?: "auto" } = {},
) {
  const Name = name as "div";
  return function Plain({ node: _node, className: _className, ...rest }: Tag<Name>) {
    return <Name {...given} {...(rest as ComponentProps<"div">)} />;
  };
}

function Numbered({ start, children }: Tag<"ol">) {
  return (
    <ol dir="auto" start={start}>
      {children}
    </ol>
  );
}

function Cell({ children, style }: Tag<"td">) {
  return <td style={style}>{children}</td>;
}

function HeadCell({ children, style }: Tag<"th">) {
  return <th style={style}>{children}</th>;
}

type MarkerProps = { number: string; doubt?: Doubt; address?: string };

function Marker({ number, doubt, address }: MarkerProps) {
  const otherwise = address === undefined ? `[${number}]` : <Link href={address}>{number}</Link>;
  return <Citation number={Number(number)} doubt={doubt} otherwise={otherwise} />;
}

/** The box of a task in a list; it shows, and does not change. */
function TaskBox({ checked }: Tag<"input">) {
  return <input type="checkbox" checked={checked === true} readOnly disabled aria-label={checked === true ? t("Done") : t("To do")} />;
}

function InlineCode({ children }: Tag<"code">) {
  return <code>{children}</code>;
}

const components = {
  a: Link,
  code: Code,
  inlineCode: InlineCode,
  img: Image,
  input: TaskBox,
  table: Table,
  h1: heading("h2", "1"),
  h2: heading("h3", "2"),
  h3: heading("h4", "3"),
  h4: heading("h5", "3"),
  h5: heading("h6", "3"),
  h6: heading("h6", "3"),
  p: plain("p"),
  ul: plain("ul", { dir: "auto" }),
  ol: Numbered,
  li: plain("li"),
  strong: plain("strong"),
  blockquote: plain("blockquote", { dir: "auto" }),
  thead: plain("thead"),
  tbody: plain("tbody"),
  tr: plain("tr"),
  td: Cell,
  th: HeadCell,
  hr: plain("hr"),
  sup: plain("sup"),
  sub: plain("sub"),
  citation: Marker,
  formula: FormulaElement,
} as unknown as ComponentProps<typeof Streamdown>["components"];

const harden = defaultRehypePlugins.harden as [unknown, object];

// The list leaves out the plugin that would read HTML; what looks like HTML stays text.
const rehypePlugins = [
  [
    harden[0],
    {
      defaultOrigin: window.location.origin,
      allowedLinkPrefixes: ["*"],
      allowedImagePrefixes: ["*"],
      allowedProtocols: ["mailto:"],
      allowDataImages: false,
      linkBlockPolicy: "text-only",
      imageBlockPolicy: "text-only",
    },
  ],
] as unknown as ComponentProps<typeof Streamdown>["rehypePlugins"];

const remarkPlugins = [...Object.values(defaultRemarkPlugins), mathNodes, citationMarkers] as ComponentProps<typeof Streamdown>["remarkPlugins"];

// `[name]: address` at a line's start, which links anywhere in the text may stand for.
const DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;

export default function Rendered({ text, streaming }: { text: string; streaming: boolean }) {
  // Read block by block also when it is whole: an answer that ends would otherwise be drawn anew from its first word.
  const isOnePiece = !streaming && DEFINITION.test(text);
  const marked = useMemo(() => withMathMarks(text, streaming), [text, streaming]);
  return (
    <Streamdown
      className="answer"
      mode={isOnePiece ? "static" : "streaming"}
      isAnimating={streaming}
      parseIncompleteMarkdown={streaming}
      components={components}
      remarkPlugins={remarkPlugins}
      rehypePlugins={rehypePlugins}
      controls={false}
      linkSafety={{ enabled: false }}
    >
      {marked}
    </Streamdown>
  );
}
