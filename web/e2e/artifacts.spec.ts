// Artifacts: blocks of an answer beside the conversation. What they hold runs when one says so, and reaches nobody.
import { createSocket } from "node:dgram";
import { type Server, createServer } from "node:net";

import type { Page } from "@playwright/test";

import { CURIOUS, attacks } from "./artifact_attacks";
import { answers, ask, box, expect, finished, inspect, looks, send, test } from "./scene";


const fenced = (language: string, code: string) => `\`\`\`${language}\n${code}\n\`\`\``;
const reply = (text: string, more = "") => `Write it. {{reply:${text}}} {{pace_ms:1}} ${more}`;
const opener = (page: Page) => page.getByRole("button", { name: "Open beside" });
const frame = (page: Page) => page.frameLocator("iframe");
const panel = (page: Page, name: string) => page.getByRole("complementary", { name });

const chart = JSON.stringify(
  { kind: "bar", title: "Boats in the harbour", labels: ["March", "April", "May", "June"], series: [{ name: "Sailing boats", values: [12, 18, 31, 44] }, { name: "Motor boats", values: [9, 11, 14, 12] }] },
  null,
  1,
);
const tide = `<!doctype html>\n<title>Tide</title>\n<style>body { font: 1rem sans-serif; padding: 2rem }</style>\n<h1>Tide</h1>\n<p>High water at six.</p>\n<p><a href="https://evil.example/">More</a></p>`;
const counter = `<!doctype html>\n<title>Counter</title>\n<body style="font: 1rem sans-serif; padding: 2rem">\n<h1>Counter</h1>\n<button id="more">Count</button> <output id="count">0</output>\n<script>more.onclick = () => count.value = Number(count.value) + 1</script>`;
const drawing = `<svg viewBox="0 0 120 80" xmlns="http://www.w3.org/2000/svg"><title>A boat</title><path d="M10 50h100l-20 20H30z" fill="#4f56c8"/><path d="M58 8v38h38z" fill="#b45309"/></svg>`;

// What the model wrote into its frame is not ours to mend.
const MODELS = "iframe";

test("a page opens beside the conversation, and gives the focus back [UI-22]", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, reply(`Here it is.\n\n${fenced("html", tide)}\n\nAnd a line: ${fenced("sh", "ls")}`));
  await expect(opener(page)).toHaveCount(1);
  await opener(page).focus();
  await page.keyboard.press("Enter");
  const beside = panel(page, "Tide");
  await expect(beside).toBeFocused();
  await expect(frame(page).getByRole("heading", { name: "Tide" })).toBeVisible();
  await expect(beside.getByRole("button", { name: "Run scripts" })).toBeHidden();
  // A link of the page leads nowhere.
  await frame(page).getByRole("link", { name: "More", exact: true }).click();
  await expect(frame(page).getByText("High water at six.")).toBeVisible();
  await beside.getByRole("tab", { name: "Source" }).click();
  await expect(beside.locator("pre")).toContainText("<h1>Tide</h1>");
  const [saved] = await Promise.all([page.waitForEvent("download"), beside.getByRole("button", { name: "Download" }).click()]);
  expect(saved.suggestedFilename()).toBe("Tide.html");
  await page.keyboard.press("Escape");
  await expect(beside).toBeHidden();
  await expect(opener(page)).toBeFocused();
  // Escape within the frame closes it as well.
  await page.keyboard.press("Enter");
  await frame(page).getByRole("heading", { name: "Tide" }).click();
  await page.keyboard.press("Escape");
  await expect(beside).toBeHidden();
  await expect(opener(page)).toBeFocused();
});

test("it follows the answer that writes it, and its later versions [UI-22]", async ({ signedIn: page }) => {
  await page.goto("/");
  const lines = Array.from({ length: 30 }, (_, place) => `<p>Line ${place}</p>`).join("\n");
  await send(page, `Write it. {{reply:${fenced("html", `<!doctype html>\n<title>Long</title>\n${lines}`)}}} {{pace_ms:100}}`);
  // A pointer would wait until the button stands still.
  await opener(page).press("Enter");
  const beside = page.getByRole("complementary").last();
  await expect(beside.getByRole("tab", { name: "Source" })).toHaveAttribute("aria-selected", "true");
  await expect(beside.locator("pre")).toContainText("Line 3");
  await expect(beside.locator("iframe")).toHaveCount(0);
  await finished(page);
  await expect(frame(page).getByText("Line 29")).toBeVisible();
  await box(page).fill(reply(fenced("html", "<!doctype html>\n<title>Long</title>\n<p>Short now.</p>")));
  await box(page).press("Enter");
  await finished(page);
  await expect(frame(page).getByText("Short now.")).toBeVisible();
  await beside.getByRole("button", { name: "Earlier version" }).click();
  await expect(frame(page).getByText("Line 29")).toBeVisible();
  await expect(beside.getByRole("group", { name: "Versions" })).toContainText("1/2");
});

test("scripts run when one says so, and see nothing of the page around them [UI-22]", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, reply(fenced("html", CURIOUS)));
  await opener(page).click();
  await expect(page.getByText("They run when you say so.")).toBeVisible();
  await page.waitForTimeout(300);
  await expect(frame(page).locator("#out")).toBeEmpty();
  await page.getByRole("button", { name: "Run scripts" }).click();
  const refused = Array(8).fill("SecurityError").join(" ");
  await expect(frame(page).locator("#out")).toHaveText(`Ran: ${refused} null`);
  await expect(page.locator("iframe")).toHaveAttribute("sandbox", "allow-scripts");
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await expect(frame(page).locator("#out")).toBeEmpty();
});

test("nothing that a page tries reaches anybody [UI-22]", async ({ signedIn: page, baseURL }) => {
  test.slow();
  const reached: string[] = [];
  // Connections count, not only requests: the name of a host tells something already.
  const server: Server = createServer((socket) => {
    reached.push("connection");
    socket.on("error", () => {});
    socket.destroy();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const datagrams = createSocket("udp4").on("message", () => reached.push("datagram"));
  await new Promise<void>((done) => datagrams.bind(0, "127.0.0.1", done));
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const all = Object.entries(
    attacks({ http: `http://127.0.0.1:${port}`, stun: `stun:127.0.0.1:${datagrams.address().port}`, turn: `turn:127.0.0.1:${port}?transport=tcp` }),
  );
  page.on("popup", () => reached.push("popup"));
  page.on("dialog", (dialog) => {
    reached.push("dialog");
    void dialog.dismiss();
  });
  page.on("download", () => reached.push("download"));
  try {
    await page.goto("/");
    const blocks = all.map(([name, code]) => fenced("html", `<!doctype html>\n<title>${name}</title>\n<p>Here.</p>\n<script>0</script>\n${code}`));
    await ask(page, reply(blocks.join("\n\n")));
    await expect(opener(page)).toHaveCount(all.length);
    for (const [place, [name]] of all.entries()) {
      const beside = panel(page, name);
      // The list moves when a panel comes or goes, and a press meant for a button may miss it.
      await expect(async () => {
        await opener(page).nth(place).click();
        await expect(beside).toBeVisible({ timeout: 3000 });
      }, name).toPass();
      await expect(frame(page).getByText("Here."), name).toBeVisible();
      await page.waitForTimeout(150);
      expect(reached, `${name}, while it stands still`).toEqual([]);
      await beside.getByRole("button", { name: "Run scripts" }).click();
      await page.waitForTimeout(450);
      expect(reached, name).toEqual([]);
      expect(new URL(page.url()).origin).toBe(baseURL);
      await page.keyboard.press("Escape");
      if (await beside.isVisible()) await beside.getByRole("button", { name: "Close" }).click();
    }
    // The wires are no dead ones.
    await page.evaluate((url) => fetch(url).catch(() => {}), `http://127.0.0.1:${port}`);
    await fetch(`http://127.0.0.1:${port}`).catch(() => {});
    expect(reached).toContain("connection");
  } finally {
    server.close();
    datagrams.close();
  }
});

test("a page that never ends leaves the app alone [UI-22]", async ({ signedIn: page }) => {
  await page.goto("/");
  await ask(page, reply(fenced("html", `<!doctype html><title>Endless</title><p>Here.</p><script>setTimeout(() => { for (;;); }, 200)</script>`)));
  await opener(page).click();
  await page.getByRole("button", { name: "Run scripts" }).click();
  await page.waitForTimeout(600);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(opener(page)).toBeFocused();
  await box(page).fill("Still here");
  await expect(box(page)).toHaveValue("Still here");
});

test("documents, figures and code show in their own ways [UI-22]", async ({ signedIn: page }) => {
  await page.goto("/");
  const code = Array.from({ length: 16 }, (_, place) => `step_${place} = ${place}`).join("\n");
  await ask(
    page,
    reply([fenced("markdown", "# Report of May\n\nAll is **well**. <img src=x onerror=alert(1)>"), fenced("chart", chart), fenced("csv", 'month,catch\nMay,"1,200"\nJune,900'), fenced("chart", '{"kind": "pie"}'), fenced("python", `# tide.py\n${code}`), fenced("svg", drawing)].join("\n\n")),
  );
  const at = async (place: number) => {
    await opener(page).nth(place).click();
    return page.getByRole("complementary").last();
  };
  let beside = await at(0);
  await expect(beside.getByRole("heading", { name: "Report of May" }).last()).toBeVisible();
  await expect(beside).toContainText("<img src=x onerror=alert(1)>");
  beside = await at(1);
  await expect(beside.getByRole("img", { name: "Chart: Boats in the harbour" })).toBeVisible();
  await expect(beside.getByRole("cell", { name: "44" })).toBeVisible();
  beside = await at(2);
  await expect(beside.getByRole("img", { name: "Chart: catch" })).toBeVisible();
  await expect(beside.getByRole("cell", { name: "1,200" })).toBeVisible();
  beside = await at(3);
  await expect(beside.getByText("This cannot be drawn")).toBeVisible();
  beside = await at(4);
  await expect(beside.getByRole("tab")).toHaveCount(0);
  await expect(beside.getByRole("heading", { name: "tide.py" })).toBeVisible();
  beside = await at(5);
  await expect(frame(page).locator("svg path").first()).toBeVisible();
  await expect(beside.getByRole("button", { name: "Run scripts" })).toBeHidden();
});

for (const { theme, width, viewport } of looks)
  test.describe(`${width}, ${theme}`, () => {
    test.use({ colorScheme: theme, viewport });

    test("look of artifacts [UI-22] [UI-31] [UI-32]", async ({ signedIn: page }) => {
      const named = (state: string) => `artifact-${state}-${width}-${theme}`;
      await page.goto("/");
      await ask(page, reply([fenced("html", counter), fenced("chart", chart), fenced("markdown", "# Report of May\n\nAll is **well**, and the boats are back.\n\n- one\n- two"), fenced("svg", drawing)].join("\n\n")));
      const states = ["page", "chart", "document", "drawing"];
      for (const [place, state] of states.entries()) {
        await opener(page).nth(place).click();
        if (state === "page") {
          await expect(frame(page).getByRole("button", { name: "Count" })).toBeVisible();
          await expect(page.locator("iframe")).toHaveCSS("background-color", "rgb(255, 255, 255)");
          await inspect(page, named("still"), MODELS);
          await page.getByRole("button", { name: "Run scripts" }).click();
          // The first press may still meet the page that does not run.
          await expect(async () => {
            await frame(page).getByRole("button", { name: "Count" }).click();
            await expect(frame(page).getByText(/^[1-9]$/)).toBeVisible({ timeout: 1_000 });
          }).toPass();
        }
        await inspect(page, named(state), MODELS);
        if (state === "page") {
          await page.getByRole("tab", { name: "Source" }).click();
          await inspect(page, named("source"), MODELS);
        }
        await page.getByRole("button", { name: "Close" }).click();
        await expect(opener(page).nth(place)).toBeFocused();
      }
      await expect(answers(page).last()).toBeVisible();
    });
  });
