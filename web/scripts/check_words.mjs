// What people read goes through the dictionaries. Found here: words that stand in a page untranslated, words that are
// looked up before the language is there, and sentences of the dictionaries that nothing says.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import ts from "typescript";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../src");
const dictionary = join(root, "shared/language");
const spoken = new Set(["t", "counted", "rich"]);
const readAttributes = /^(?:label|title|placeholder|alt|hint|lead|note|fault|name|description|aria-label|aria-description|aria-roledescription|aria-valuetext)$/;
// Names are the same in every language, and so is code.
const names = new Set(["Steward", "CSV", "JSON", "Markdown", "PDF", "Ctrl", "Esc", "URL", "API"]);
const isWords = (text) => /\p{L}{2}/u.test(text) && !names.has(text.trim());

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$|_for_tests\.tsx?$|^played_|schema\.ts$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => !path.startsWith(dictionary) && !path.startsWith(join(root, "dev")) && !path.startsWith(join(root, "test_")));

const faults = [];
const literals = new Set();

/** The sentences of the dictionaries, with the files that hold them. */
const sentences = new Map();
for (const name of readdirSync(join(dictionary, "de"))) {
  // Its keys are the server's tags.
  if (name === "refusals.ts") continue;
  const visit = (node) => {
    // The forms of a counted sentence are inside; its key is not.
    if (ts.isPropertyAssignment(node)) sentences.set(node.name.text, `shared/language/de/${name}`);
    else ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, readFileSync(join(dictionary, "de", name), "utf8"), ts.ScriptTarget.Latest, true));
}

function isInFunction(node) {
  for (let at = node.parent; at; at = at.parent) if (ts.isFunctionLike(at)) return true;
  return false;
}

/** Boxes such as `<input name="password">` have names that nobody reads. */
const isBoxName = (node) => node.name.text === "name" && /^(?:[a-z]|Field$|TextArea$|Select$)/.test(node.parent.parent.tagName.getText());

/** A whole sentence, or the words of a control: what only people read. */
const isSaid = (text) => /^\p{Lu}[^\n]*\p{L} \p{L}[^\n]*[.!?…]$/u.test(text);
/** The English form for one of a counted sentence; the dictionaries hold it under the other form. */
const isOneForm = (node) => ts.isCallExpression(node.parent) && node.parent.expression.getText() === "counted" && node.parent.arguments[1] === node;
/** What stands below a comment that says it is in English, such as questions about documents in English. */
const isKeptEnglish = (node) => {
  for (let at = node; at; at = at.parent)
    if (ts.isStatement(at)) return /in English/.test(at.getFullText().slice(0, at.getLeadingTriviaWidth()));
  return false;
};
const isForPrograms = (node) => ts.isNewExpression(node.parent) && node.parent.expression.getText().endsWith("Error");
const isWordOf = (node) => ts.isPropertyAssignment(node.parent) && node.parent.initializer === node && readAttributes.test(node.parent.name.getText()) && node.parent.name.getText() !== "name";

function look(node, tell) {
  if (ts.isStringLiteralLike(node)) {
    literals.add(node.text);
    const isOne = isSaid(node.text) || (isWordOf(node) && isWords(node.text));
    if (isOne && !sentences.has(node.text) && !isForPrograms(node) && !isOneForm(node) && !isKeptEnglish(node)) tell(node, `"${node.text}" is not in the dictionaries`);
  }
  if (ts.isJsxText(node) && isWords(node.text)) tell(node, `"${node.text.trim()}" is not in the dictionaries`);
  if (ts.isJsxAttribute(node) && readAttributes.test(node.name.getText()) && !isBoxName(node)) {
    const value = node.initializer && ts.isJsxExpression(node.initializer) ? node.initializer.expression : node.initializer;
    if (value && (ts.isStringLiteralLike(value) || ts.isTemplateExpression(value)) && isWords(ts.isTemplateExpression(value) ? value.head.text + value.templateSpans.map((span) => span.literal.text).join("") : value.text))
      tell(node, `${node.getText()} is not in the dictionaries`);
  }
  if (ts.isCallExpression(node) && spoken.has(node.expression.getText()) && !isInFunction(node))
    tell(node, `${node.getText()} is looked up before the language is there`);
  ts.forEachChild(node, (child) => look(child, tell));
}

for (const file of files) {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true, file.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  look(source, (node, what) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    faults.push(`${relative(root, file)}:${line + 1}: ${what}`);
  });
}

for (const [sentence, file] of sentences) if (!literals.has(sentence)) faults.push(`${file}: nothing says "${sentence}"`);

const wanted = process.argv.slice(2);
const told = wanted.length === 0 ? faults : faults.filter((fault) => wanted.some((part) => fault.includes(part)));
if (told.length > 0) {
  process.stderr.write(`Words that are not in the dictionaries as they should be:\n${told.join("\n")}\n`);
  process.exit(1);
}
process.stdout.write(`words: ${files.length} files, all of them in the dictionaries\n`);
