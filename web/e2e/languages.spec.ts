// The app in German and in Arabic: every page in the reader's words and direction, whole at every width, fit for everybody.

import type { Page } from "@playwright/test";

import { arabic } from "../src/shared/language/ar";
import { german, refusals } from "../src/shared/language/de";
import type { Forms } from "../src/shared/language/words";
import { answers, box, expect, inspect, looks, looksAtAll, signIn, test, unique } from "./scene";
import { ada, command, state } from "./server";


type Language = "de" | "ar";
const dictionaries = { de: german, ar: arabic } as Record<Language, Record<string, string | Forms>>;

/** What people say here, so that every English word on a page is the app's own. */
const spoken = {
  de: {
    question: "Wie viel fördert die Pumpe?",
    answer: "Die Pumpe fördert **30 Liter** in der Minute [1].\n\n> Nie trocken laufen lassen.\n\n1. Ventil öffnen\n2. `start --langsam` aufrufen\n\n```sql\nselect name from pumpen;\n```\n\n| Pumpe | Liter |\n| --- | ---: |\n| Nord | 30 |",
    title: "Pumpe",
    document: "# Pumpe\n\n## Leistung\n\nDie Pumpe fördert 30 Liter in der Minute.\n",
    thing: "Ventil prüfen",
  },
  ar: {
    question: "كم لترًا تضخ المضخة؟",
    answer: "تضخ المضخة **30 لترًا** في الدقيقة [1].\n\n> لا تشغّلها فارغة أبدًا.\n\n1. افتح الصمام\n2. نفّذ الأمر `start --slow`\n\n```sql\nselect name from pumps;\n```\n\n| المضخة | لتر |\n| --- | ---: |\n| الشمالية | 30 |",
    title: "المضخة",
    document: "# المضخة\n\n## الأداء\n\nتضخ المضخة 30 لترًا في الدقيقة.\n",
    thing: "افحص الصمام",
  },
};

const said = (language: Language, sentence: keyof typeof german): string => String(dictionaries[language][sentence]);

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
const withoutMeaning = (key: string) => key.replace(/\|[^|]*$/, "");

/** The English sentences that read otherwise in a language, as patterns: `{name}` may be anything. */
function englishOf(language: Language): RegExp[] {
  const translations = new Set(Object.values(dictionaries[language]).flatMap((value) => (typeof value === "string" ? [value] : Object.values(value))));
  return Object.entries(dictionaries[language]).flatMap(([key, value]) => {
    const english = withoutMeaning(key);
    // Braces with hardly a word around them fit anything.
    const isTelling = /\p{L}{4}/u.test(english.replaceAll(/\{\w+\}/g, "")) || !english.includes("{");
    if (value === english || translations.has(english) || !isTelling) return [];
    const pattern = escaped(english).replaceAll(/\\\{(\w+)\\\}/g, (_, name: string) => (name === "count" ? String.raw`[\d.,]+` : ".+"));
    return [new RegExp(`^${pattern}$`)];
  });
}

const english = { de: englishOf("de"), ar: englishOf("ar") };

/** Names that the server gives: the first collection, and a built-in agent. People could have given the same ones. */
const givenNames = new Set(["Documents", "Basic chat"]);

/** Whatever the page says to anybody: its title, its texts in sight, and its labels. */
const wordsOn = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found = [document.title.replace(/ · Steward$/, "")];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      if (node.parentElement?.checkVisibility() && !node.parentElement.closest("script, style, .answer")) found.push(node.textContent ?? "");
    for (const element of document.querySelectorAll("[aria-label], [placeholder], [title], [alt], [aria-valuetext]"))
      if (element.checkVisibility()) for (const name of ["aria-label", "placeholder", "title", "alt", "aria-valuetext"]) found.push(element.getAttribute(name) ?? "");
    return [...new Set(found.map((text) => text.trim()).filter((text) => text !== ""))];
  });

async function listen(page: Page, language: Language, name: string, shot: string): Promise<void> {
  await inspect(page, shot);
  const { lang, dir } = await page.evaluate(() => ({ lang: document.documentElement.lang, dir: document.documentElement.dir }));
  expect.soft([lang, dir], name).toEqual([language, language === "ar" ? "rtl" : "ltr"]);
  const left = (await wordsOn(page)).filter((text) => !givenNames.has(text) && english[language].some((pattern) => pattern.test(text)));
  expect.soft(left, `${name} still speaks English`).toEqual([]);
}

/** Somebody who is alone in a workspace, so that all that stands there is theirs. */
function newcomer(): string {
  const { folder, provider } = state();
  const email = `${unique("newcomer").replace(" ", "-")}@example.com`;
  const workspace = command(folder, provider.url, ["workspace", "create", "Harbour"]);
  command(folder, provider.url, ["user", "create", email, "--workspace", workspace, "--role", "owner"], ada.password);
  return email;
}

/** Things for the lists to show. Returns: where the document is read. */
async function furnish(page: Page, { title, document, thing }: (typeof spoken)["de"]): Promise<string> {
  const { csrf_token } = (await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string };
  const add = async (path: string, data: object) => {
    const answer = await page.request.post(`/api/v1/${path}`, { data, headers: { "X-CSRF-Token": csrf_token } });
    expect(answer.ok(), await answer.text()).toBe(true);
    return (await answer.json()) as Record<string, unknown>;
  };
  const added = await add("documents/text", { title, content: document });
  await add("tasks", { title: thing });
  await add("tickets", { subject: thing });
  await add("memories", { text: thing });
  await add("agents", { name: title, description: thing, instructions: thing });
  await page.goto("/library");
  await expect(page.locator("[data-status=ready]")).toHaveCount(1);
  return `/library/documents/${String(added.id)}`;
}

async function say(page: Page, language: Language, words: string): Promise<void> {
  const writing = page.getByLabel(said(language, "Message"), { exact: true });
  await writing.fill(words);
  await writing.press("Enter");
  await expect(page.getByRole("button", { name: said(language, "Stop"), exact: true })).toBeHidden();
  await expect(answers(page).last().getByRole("button", { name: said(language, "Regenerate") })).toBeVisible();
}

/** Pages with an address of their own. */
const addresses = {
  library: "/library",
  agents: "/agents",
  tasks: "/tasks",
  tickets: "/tickets",
  account: "/settings/account",
  profile: "/settings/profile",
  memory: "/settings/memory",
  members: "/settings/members",
  usage: "/settings/usage",
  budgets: "/settings/budgets",
  models: "/settings/models",
  keys: "/settings/keys",
  activity: "/settings/activity",
};

// Long words have the least room on the narrowest page, so a usual run looks at that one alone.
const looksAtLanguages = looksAtAll ? looks : looks.filter(({ width }) => width === 360);

for (const language of ["de", "ar"] as const) {
  for (const { theme, width, viewport } of looksAtLanguages) {
    test.describe(`${language}, ${width}, ${theme}`, () => {
      test.use({ colorScheme: theme, viewport, locale: language === "de" ? "de-CH" : "ar-EG" });
      test.slow();

      test("every page speaks it", async ({ page }) => {
        const look = (name: string) => test.step(name, () => listen(page, language, name, `${language}-${name}-${width}-${theme}`));
        await page.goto("/sign-in");
        await expect(page.locator("input[type=password]")).toBeVisible();
        await look("sign-in");
        await signIn(page, newcomer());
        const reading = await furnish(page, spoken[language]);

        await page.goto("/");
        await expect(page.getByRole("heading", { name: said(language, "Start a conversation") })).toBeVisible();
        await look("empty");
        const { question, answer } = spoken[language];
        await say(page, language, `${question} {{reply:${answer}}}`);
        await expect(answers(page).getByRole("region", { name: said(language, "Sources") })).toBeVisible();
        await page.getByLabel(said(language, "Message"), { exact: true }).fill(question);
        await look("answer");
        await say(page, language, `{{tool:callHuman:{"reason":"${question}","urgency":"high"}}} {{tool:uploadDocument:{"title":"${question}","content":"${question}"}}} {{parallel_tools:2}}`);
        await expect(answers(page).last().getByLabel(said(language, "Your answer"))).toBeVisible();
        await look("asking");
        const conversation = page.url();

        await page.goto("/approvals");
        await expect(page.locator("main li").first()).toBeVisible();
        await look("approvals");
        for (const [name, address] of Object.entries(addresses)) {
          await page.goto(address);
          await page.waitForLoadState("networkidle");
          await look(name);
        }
        await page.goto(reading);
        await expect(page.locator("main h1")).toContainText(spoken[language].title);
        await look("document");

        const id = new URL(conversation).pathname.split("/").at(-1) ?? "";
        const { csrf_token } = (await (await page.request.get("/api/v1/me")).json()) as { csrf_token: string };
        const shared = await page.request.post(`/api/v1/chat/${id}/share`, { headers: { "X-CSRF-Token": csrf_token } });
        await page.goto(`/shared/${((await shared.json()) as { id: string }).id}`);
        await expect(page.locator("article").first()).toBeVisible();
        await look("shared");
      });
    });
  }
}

test("a language is chosen in the settings, and what was being written stays", async ({ page }) => {
  await signIn(page, newcomer());
  await page.goto("/");
  await box(page).fill("Half a sentence");
  await page.goto("/settings/account");
  await page.getByRole("button", { name: "العربية" }).click();
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(page).toHaveURL(/\/settings\/account$/);
  await page.goto("/");
  await expect(page.getByLabel(said("ar", "Message"), { exact: true })).toHaveValue("Half a sentence");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "ar");
  await page.goto("/settings/account");
  await page.getByRole("button", { name: "English" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(page.locator("html")).not.toHaveAttribute("dir", "rtl");
});

test("why an answer failed is said in German, in a stream and after it [ERR-24]", async ({ page }) => {
  await signIn(page, newcomer());
  await page.goto("/settings/account");
  await page.getByRole("button", { name: "Deutsch" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await page.goto("/");
  const writing = page.getByLabel(said("de", "Message"), { exact: true });
  await writing.fill("{{words:20}} {{error_after:6}}");
  await writing.press("Enter");
  const alert = page.getByRole("alert");
  await expect(alert).toContainText(refusals.provider_broke_off);
  await expect(alert).toContainText(/run_\w+/);
  await page.reload();
  await expect(alert).toContainText(refusals.provider_broke_off);
  await expect(alert.getByRole("button", { name: said("de", "Try again") })).toBeVisible();
});

for (const { locale, lang, words } of [
  { locale: "de-DE", lang: "de", words: german["Try again"] },
  { locale: "ar-EG", lang: "ar", words: arabic["Try again"] },
  { locale: "fr-FR", lang: "en", words: "Try again" },
]) {
  test.describe(locale, () => {
    test.use({ locale });

    test("the language of the browser is followed until somebody chooses", async ({ page }) => {
      await page.route("**/api/v1/me", (route) => route.abort());
      await page.goto("/");
      await expect(page.getByRole("button", { name: words })).toBeVisible();
      await expect(page.locator("html")).toHaveAttribute("lang", lang);
    });
  });
}
