import { expect, it, vi } from "vitest";

import type { Language } from "~/shared/language/languages";

import { Problem, asProblem, problemFrom } from "./problems";

it("shows the server's sentence", () => {
  const problem = problemFrom(429, { tag: "too_many_requests", detail: "Wait a minute, then try again.", request_id: "req_1" });
  expect(problem).toMatchObject({ message: "Wait a minute, then try again.", tag: "too_many_requests", requestId: "req_1", status: 429 });
});

it("says what to do where the server said only that nobody is signed in", () => {
  expect(problemFrom(401, { tag: "unauthorized", detail: "Unauthorized" }).message).toBe("Your session has ended. Sign in again.");
});

it("never shows a body that is no problem", () => {
  expect(problemFrom(502, "<html>Bad gateway nginx</html>").message).toBe("The server could not answer. Try again in a moment.");
});

it("reads the problem inside the chat transport's error", () => {
  const error = Object.assign(new Error("{...}"), {
    statusCode: 413,
    responseBody: JSON.stringify({ tag: "body_too_large", detail: "The message is too long. Shorten it." }),
  });
  expect(asProblem(error)).toMatchObject({ message: "The message is too long. Shorten it.", tag: "body_too_large", status: 413 });
});

it("tells a lost line from a failed answer", () => {
  expect(asProblem(new TypeError("Failed to fetch")).tag).toBe("unreachable");
  expect(asProblem(new Error("The provider is down. (run_1)"))).toMatchObject({ tag: "stream", message: "The provider is down. (run_1)" });
  const same = new Problem("x", 1, "y");
  expect(asProblem(same)).toBe(same);
});

/** What each language says where the server said nothing that may be shown: by status, and 0 for a lost line. */
const sentences: Record<Language, Record<number, string>> = {
  en: {
    0: "The server cannot be reached. Check your connection and try again.",
    400: "The server refused this. Check what you sent and try again.",
    401: "Your session has ended. Sign in again.",
    403: "You may not do this. Ask an owner of the workspace.",
    404: "This does not exist, or no longer. Go back and choose another.",
    409: "The server refused this. Check what you sent and try again.",
    413: "This is too large. Send less at once.",
    422: "The server refused this. Check what you sent and try again.",
    429: "Too many requests at once. Wait a moment and try again.",
    500: "The server could not answer. Try again in a moment.",
    503: "The server could not answer. Try again in a moment.",
  },
  de: {
    0: "Der Server ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.",
    400: "Der Server hat das abgelehnt. Prüfen Sie Ihre Angaben und versuchen Sie es erneut.",
    401: "Ihre Sitzung ist abgelaufen. Melden Sie sich erneut an.",
    403: "Sie dürfen das nicht. Fragen Sie einen Inhaber des Arbeitsbereichs.",
    404: "Das gibt es nicht oder nicht mehr. Gehen Sie zurück und wählen Sie etwas anderes.",
    409: "Der Server hat das abgelehnt. Prüfen Sie Ihre Angaben und versuchen Sie es erneut.",
    413: "Das ist zu groß. Senden Sie weniger auf einmal.",
    422: "Der Server hat das abgelehnt. Prüfen Sie Ihre Angaben und versuchen Sie es erneut.",
    429: "Zu viele Anfragen auf einmal. Warten Sie einen Moment und versuchen Sie es erneut.",
    500: "Der Server konnte nicht antworten. Versuchen Sie es gleich noch einmal.",
    503: "Der Server konnte nicht antworten. Versuchen Sie es gleich noch einmal.",
  },
  ar: {
    0: "تعذّر الوصول إلى الخادم. تحقق من اتصالك ثم حاول مرة أخرى.",
    400: "رفض الخادم هذا الطلب. راجع ما أرسلته ثم حاول مرة أخرى.",
    401: "انتهت جلستك. سجّل الدخول مرة أخرى.",
    403: "لا يُسمح لك بهذا. اسأل أحد مالكي مساحة العمل.",
    404: "هذا غير موجود أو لم يعد موجودًا. ارجع واختر غيره.",
    409: "رفض الخادم هذا الطلب. راجع ما أرسلته ثم حاول مرة أخرى.",
    413: "هذا أكبر من المسموح. أرسل أقل في المرة الواحدة.",
    422: "رفض الخادم هذا الطلب. راجع ما أرسلته ثم حاول مرة أخرى.",
    429: "طلبات كثيرة في وقت واحد. انتظر لحظة ثم حاول مرة أخرى.",
    500: "تعذّر على الخادم أن يجيب. حاول مرة أخرى بعد لحظة.",
    503: "تعذّر على الخادم أن يجيب. حاول مرة أخرى بعد لحظة.",
  },
};

const budgets: Record<Language, string> = {
  en: "The budget of 5 dollars is used up.",
  de: "Das Budget ist aufgebraucht. Warten Sie, bis es neu beginnt, oder bitten Sie einen Admin, es zu erhöhen.",
  ar: "نفدت الميزانية. انتظر حتى تبدأ من جديد أو اطلب من أحد المشرفين رفعها.",
};

it.each(Object.entries(sentences) as [Language, Record<number, string>][])("has a sentence for each code in %s [ERR-24]", async (language, table) => {
  vi.resetModules();
  window.localStorage.setItem("steward.language", language);
  await (await import("~/shared/language/words")).loadLanguage();
  const problems = await import("./problems");
  const said = (status: number) =>
    status === 0 ? problems.asProblem(new TypeError("Failed to fetch")).message : problems.problemFrom(status, null).message;
  expect(Object.fromEntries(Object.keys(table).map((status) => [status, said(Number(status))]))).toEqual(table);
  // What the server refuses is said by its tag; a tag without a sentence here keeps the server's own.
  const refusal = (tag: string, detail: string) => problems.problemFrom(409, { tag, detail }).message;
  expect(refusal("budget_exhausted", "The budget of 5 dollars is used up.")).toBe(budgets[language]);
  expect(refusal("invalid_request", "name: too long")).toContain("name: too long");
  expect(refusal("kind_unknown", "There is no kind boat. Choose another.")).toBe("There is no kind boat. Choose another.");
  document.documentElement.lang = "en";
  document.documentElement.dir = "ltr";
});
