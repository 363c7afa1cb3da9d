import { expect, it } from "vitest";

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
