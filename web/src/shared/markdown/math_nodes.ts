// Formulae in the parsed Markdown: what stands between `$$` becomes an element `formula`. A remark plugin.
import { mathFromMarkdown } from "mdast-util-math";
import { math } from "micromark-extension-math";

import { isFormula } from "./math_marks";

type Node = { type: string; value?: string; children?: Node[]; data?: object };

function formula(tex: string, display: boolean): Node {
  return { type: "formula", children: [], data: { hName: "formula", hProperties: { tex, display: String(display) } } };
}

const isBlank = (node: Node): boolean => node.type === "text" && (node.value ?? "").trim() === "";

/** Models write `$$x$$` on a line of its own, and mean a formula that stands alone. */
const isAlone = (node: Node): boolean => {
  const shown = node.type === "paragraph" ? (node.children ?? []).filter((child) => !isBlank(child)) : [];
  return shown.length === 1 && shown[0]?.type === "inlineMath";
};

function walk(node: Node): void {
  node.children = node.children?.flatMap((child): Node[] => {
    if (child.type === "math") return [formula(child.value ?? "", true)];
    if (child.type === "inlineMath") {
      const tex = child.value ?? "";
      return [isFormula(tex) ? formula(tex, false) : { type: "text", value: `$$${tex}$$` }];
    }
    if (isAlone(child)) return (child.children ?? []).filter(({ type }) => type === "inlineMath").map(({ value = "" }) => formula(value, true));
    walk(child);
    return [child];
  });
}

type Processor = { data(): { micromarkExtensions?: unknown[]; fromMarkdownExtensions?: unknown[] } };

/** The remark plugin. It makes elements `formula` with `tex`, and `display` as "true" or "false". */
export function mathNodes(this: Processor) {
  // The parser hands itself over in this way.
  // oxlint-disable-next-line oxc/no-this-in-exported-function
  const data = this.data();
  (data.micromarkExtensions ??= []).push(math({ singleDollarTextMath: false }));
  (data.fromMarkdownExtensions ??= []).push(mathFromMarkdown());
  return (tree: Node) => walk(tree);
}
