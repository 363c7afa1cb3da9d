// How the pages look, narrow and wide, light and dark: pictures to look at, no sideways scroll, no findings of axe.


import { answers, ask, box, examine, expect, finished, look, looks, send, test, unique } from "./scene";


const long = [
  "{{markdown}}",
  "{{reply:\n\nA list comes next:\n\n- first, with `code`\n- second, with a longer line of words that wraps onto another line on narrow screens\n  - nested\n\n```sql\nselect customers.name, sum(orders.total) as revenue -- a comment\nfrom customers join orders on orders.customer_id = customers.id where orders.created_at > now() - interval '30 days' group by 1\n```\n\n```typescript\nexport const greet = (name: string): string => `Hello, ${name}!`; // says hello\nconst numbers = [1, 2, 3].map((n) => n ** 2);\n```\n\n```json\n{\"name\": \"Steward\", \"ready\": true, \"workers\": 2}\n```\n\n| name | city | revenue | note |\n| --- | --- | ---: | --- |\n| Ada | Bern | 1,200 | a rather long note that needs room |\n| Eve | Basel | 980 | short |\n\nThat is all.}}",
].join(" ");

for (const { theme, width, viewport } of looks) {
  const named = (state: string) => `${state}-${width}-${theme}`;
  test.describe(`${width}, ${theme}`, () => {
    test.use({ colorScheme: theme, viewport });

    test("sign in [UI-31] [UI-32]", async ({ page }) => {
      await page.goto("/sign-in");
      await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
      await look(page, named("sign-in"));
      await examine(page, "sign-in");
      await page.goto("/welcome");
      await expect(page.getByRole("alert")).toBeVisible();
      await look(page, named("welcome"));
      await examine(page, "welcome");
    });

    test("without any provider's key", async ({ signedIn: page }) => {
      const librarian = { id: "steward/librarian", provider: "steward", name: "librarian", default: true };
      await page.route("**/api/v1/models", (route) => route.fulfill({ json: { items: [librarian], configured: false } }));
      await page.goto("/");
      await expect(page.getByRole("note")).toContainText("OPENAI_API_KEY");
      await expect(page.getByRole("button", { name: /Model:/ })).toBeHidden();
      await look(page, named("no-key"));
      await examine(page, "no-key");
    });

    test("empty, streaming and long [UI-07] [UI-31] [UI-32] [UI-37]", async ({ signedIn: page }) => {
      await page.goto("/");
      await expect(page.getByRole("heading", { name: "Start a conversation" })).toBeVisible();
      await look(page, named("empty"));
      await examine(page, "empty");
      await send(page, "Tell me about the harbour {{words:80}} {{pace_ms:60}} {{first_ms:900}}");
      await expect(page.getByText("Thinking...")).toBeVisible();
      await look(page, named("thinking"));
      await expect.poll(async () => (await answers(page).last().innerText()).length).toBeGreaterThan(80);
      await look(page, named("streaming"));
      await finished(page);
      await examine(page, "answered");
      await ask(page, long);
      await expect(page.locator(".code-token").first()).toBeVisible();
      await look(page, named("long"));
      await examine(page, "long");
      const list = page.getByRole("region", { name: "Conversation" });
      await list.hover();
      await page.mouse.wheel(0, -700);
      await look(page, named("long-up"));
      await examine(page, "long-up");
    });

    test("library, document and citations [UI-31] [UI-32]", async ({ signedIn: page }) => {
      const machine = unique("Pump").replace(" ", "");
      const upload = (name: string, text: string, mimeType: string) =>
        page.getByLabel("Files to upload").setInputFiles([{ name, mimeType, buffer: Buffer.from(text) }]);
      await page.goto("/library");
      await upload(`${machine}.pdf`, "%PDF-1.7 broken", "application/pdf");
      await upload(`${machine}.md`, `# ${machine}\n\n## Capacity\n\nThe ${machine} moves 30 litres a minute.\n`, "text/markdown");
      const documents = page.getByRole("list", { name: "Documents" });
      await expect(documents.locator("[data-status=ready]").filter({ hasText: machine })).toHaveCount(1);
      await expect(documents.locator("[data-status=failed]").filter({ hasText: machine })).toHaveCount(1);
      await look(page, named("library"));
      await examine(page, "library");
      await page.getByRole("textbox", { name: "Test search" }).fill(`How much does the ${machine} move?`);
      await page.keyboard.press("Enter");
      await expect(page.getByRole("list", { name: "Passages" })).toContainText("30 litres");
      await look(page, named("library-search"));
      await examine(page, "library-search");
      await page.getByRole("button", { name: "Add a text or a web page" }).click();
      await page.getByRole("menuitem", { name: "Write a text" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await look(page, named("add-text"));
      await examine(page, "add-text");
      await page.keyboard.press("Escape");
      await page.getByRole("list", { name: "Passages" }).getByRole("link").first().click();
      await expect(page.locator("mark")).toBeInViewport();
      await look(page, named("document"));
      await examine(page, "document");
      await page.goto("/");
      await ask(page, `How much does the ${machine} move? {{reply:The ${machine} moves 30 litres a minute [1]. It is painted green since 1873 [1].}}`);
      const markers = answers(page).last().getByRole("link", { name: /^Source 1: / });
      await expect(markers).toHaveCount(2);
      await markers.last().hover();
      await expect(page.getByText(/^Relevance/)).toBeVisible();
      await look(page, named("citations"));
      await examine(page, "citations");
    });

    test("tools and approvals [UI-31] [UI-32] [UI-36]", async ({ signedIn: page }) => {
      const person = JSON.stringify({ reason: "The customer asks for a refund that only a person may grant.", urgency: "high" });
      const agent = JSON.stringify({ name: unique("Pier agent"), description: "Answers questions about berths, tides and fees." });
      const upload = JSON.stringify({ title: "Berths", content: "The harbour has 40 berths for boats up to 12 metres, and six for longer ones." });
      await page.goto("/");
      await ask(page, `Make me an agent. {{tool:createAgent:${agent}}} {{tool:getAgentStatus:{"agentId":"asst_none"}}} {{reply:Your agent is there as a draft.}}`);
      const made = answers(page).last().getByRole("group", { name: "Tool: Create agent" });
      await made.getByRole("button", { name: /Create agent/ }).click();
      await expect(made.getByRole("group", { name: "Result" })).toBeVisible();
      await look(page, named("tool"));
      await examine(page, "tool");
      await send(page, `Keep this. {{tool:uploadDocument:${upload}}} {{tool:callHuman:${person}}} {{parallel_tools:2}} {{reply:Kept.}}`);
      await expect(answers(page).last().getByRole("button", { name: "Approve", exact: true })).toBeVisible();
      await expect(answers(page).last().getByLabel("Your answer")).toBeVisible();
      await look(page, named("approval"));
      await examine(page, "approval");
      await page.goto("/approvals");
      await page.getByRole("button", { name: "Change arguments" }).first().click();
      await page.getByRole("button", { name: "Deny…" }).first().click();
      await expect(page.getByLabel("Reason (optional)")).toBeFocused();
      await look(page, named("approvals"));
      await examine(page, "approvals");
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Decline" }).click();
      await expect(page.getByRole("heading", { name: "Nothing waits for you" })).toBeVisible();
      await look(page, named("approvals-empty"));
      await examine(page, "approvals-empty");
    });

    test("a look around [UI-31] [UI-32]", async ({ signedIn: page }) => {
      await page.goto("/");
      await page.getByRole("button", { name: "New here? Take a look around." }).click();
      const tour = page.getByRole("dialog", { name: "A look around" });
      await expect(tour).toContainText("1 of 5");
      await look(page, named("tour"));
      await examine(page, "tour");
      await tour.getByRole("button", { name: "Next", exact: true }).click();
      await tour.getByRole("link", { name: "See the agents" }).click();
      await expect(page).toHaveURL(/\/agents$/);
      await expect(tour).toBeHidden();
      await page.goto("/");
      await expect(box(page)).toBeEnabled();
      await expect(page.getByRole("button", { name: "New here? Take a look around." })).toHaveCount(0);
    });

    test("error, list and menus [UI-31] [UI-32]", async ({ signedIn: page }) => {
      await page.goto("/");
      await send(page, "Something that fails {{error_after:6}} {{words:20}}");
      await expect(page.getByRole("alert")).toBeVisible();
      await finished(page);
      await look(page, named("error"));
      await examine(page, "error");
      if (width < 1024) await page.getByRole("button", { name: "Show conversations" }).click();
      await expect(page.getByRole("navigation", { name: "Conversations" })).toBeVisible();
      await look(page, named("list"));
      await examine(page, "list");
      await page.getByLabel("Search conversations").fill("Something");
      await expect(page.getByRole("list", { name: "Search results" }).locator("mark").first()).toBeVisible();
      await look(page, named("search"));
      await examine(page, "search");
      await page.getByLabel("Search conversations").fill("");
      await page.getByRole("button", { name: /Harbour$/ }).click();
      await expect(page.getByRole("menuitem", { name: "Sign out" })).toBeVisible();
      await look(page, named("account"));
      await examine(page, "account");
    });
  });
}
