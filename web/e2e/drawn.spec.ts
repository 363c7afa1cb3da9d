// Formulae and diagrams in an answer: drawn, in the page's light, narrow and wide, and their source within reach.

import type { Page } from "@playwright/test";

import { answers, ask, expect, finished, inspect, look, looks, send, test } from "./scene";


const wide = "x_1 + x_2 + x_3 + x_4 + x_5 + x_6 + x_7 + x_8 + x_9".replaceAll("x", "\\left(\\alpha\\cdot\\beta\\right)");
const flow = `flowchart LR
  accTitle: How a question is answered
  Q[Question] --> S{Sources?}
  S -->|yes| R[(Library)]
  S -->|no| M([Model])
  R --> M
  M --> A[Answer]
  subgraph Server
    R
    M
  end`;
const sequence = `sequenceDiagram
  participant B as Browser
  participant S as Steward
  B->>S: POST /api/chat
  activate S
  Note over S: a run begins
  S-->>B: text, piece by piece
  deactivate S
  alt the line breaks
    B->>S: what came after 12?
  end`;
const answer = `The area is $\\pi r^2$, and \\(e^{i\\pi} = -1\\); it costs $5 or $6.

\\[
\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi} }{2}
\\]

$$\\begin{pmatrix} a & b \\\\ c & d \\end{pmatrix} ${wide}$$

\`\`\`mermaid
${flow}
\`\`\`

\`\`\`mermaid
${sequence}
\`\`\`

A wrong one: $$\\frac{a}{$$ and that is all.`;

const pictures = (page: Page) => answers(page).last().locator("figure img");

for (const { theme, width, viewport } of looks)
  test.describe(`look, ${width}, ${theme}`, () => {
    test.use({ colorScheme: theme, viewport });

    test("formulae and diagrams are drawn [UI-16] [UI-31] [UI-32]", async ({ signedIn: page }) => {
      const faults: string[] = [];
      page.on("console", (line) => {
        if (/Content.Security.Policy|Refused/i.test(line.text())) faults.push(line.text());
      });
      page.on("pageerror", (error) => faults.push(error.message));
      await page.goto("/");
      await ask(page, `{{reply:${answer}}}`);
      await expect(answers(page).last().locator(".katex")).toHaveCount(4);
      await expect(pictures(page)).toHaveCount(2);
      await expect(page.getByRole("img", { name: "Diagram: How a question is answered" })).toBeVisible();
      await expect(answers(page).last()).toContainText("it costs $5 or $6");
      await expect(answers(page).last()).toContainText("(cannot be drawn)");
      expect(await pictures(page).evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth > 100))).toEqual([true, true]);
      const isFontThere = await page.evaluate(async () => (await document.fonts.ready, document.fonts.check("1em KaTeX_Math")));
      expect(isFontThere).toBe(true);
      await inspect(page, `drawn-${width}-${theme}`);
      await answers(page).last().locator(".katex").first().scrollIntoViewIfNeeded();
      await look(page, `drawn-formulae-${width}-${theme}`);
      await pictures(page).first().scrollIntoViewIfNeeded();
      await look(page, `drawn-diagram-${width}-${theme}`);

      const figure = page.getByRole("figure", { name: "Diagram: How a question is answered" });
      await figure.getByRole("button", { name: "Show source" }).click();
      await expect(figure).toContainText("accTitle: How a question is answered");
      await figure.getByRole("button", { name: "Show diagram" }).click();
      await expect(figure.getByRole("img")).toBeVisible();
      expect(faults).toEqual([]);
    });
  });

test("a diagram follows the page into the dark, and comes back at once after a reload", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, `{{reply:\`\`\`mermaid\n${flow}\n\`\`\`}}`);
  const before = await pictures(page).getAttribute("src");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(pictures(page)).not.toHaveAttribute("src", before ?? "");
  await page.reload();
  await expect(pictures(page)).toHaveCount(1);
});

test("nothing is loaded for an answer without formulae and diagrams, and sources stand while one is written", async ({ signedIn: page }) => {
  const loaded: string[] = [];
  page.on("request", (request) => loaded.push(new URL(request.url()).pathname));
  await page.goto("/");
  await ask(page, "{{reply:It costs $5 or $6, `$x$`.}}");
  expect(loaded.filter((path) => /drawn_|katex|mermaid/i.test(path))).toEqual([]);
  const written = answers(page).last();
  await send(page, `{{reply:So\n\n\\[\n\\frac{a}{b} + \\sqrt{c} = 1\n\\]\n\n\`\`\`mermaid\n${flow}\n\`\`\`\n\nDone.}} {{pace_ms:25}}`);
  await expect(written.locator("pre").first()).toContainText("\\frac");
  await expect(written).not.toContainText("cannot be drawn");
  await finished(page);
  await expect(written.locator(".katex")).toHaveCount(1);
  await expect(written.locator("figure img")).toHaveCount(1);
  await expect(written).not.toContainText("cannot be drawn");
});
