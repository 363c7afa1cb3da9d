import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type ReactElement, StrictMode } from "react";
import { beforeEach, expect, it, vi } from "vitest";

import { SignInPage, nextPage } from "./sign_in_page";
import { WelcomePage, tokenFrom } from "./welcome_page";

const me = {
  user: { id: "user_1", email: "ada@example.com", name: "ada" },
  workspace: { id: "ws_1", name: "Main" },
  role: "owner",
  csrf_token: "t",
  has_password: false,
  workspaces: [],
};

let asked: { url: string; body: unknown }[];
let answer: () => Response;
beforeEach(() => {
  asked = [];
  answer = () => Response.json(me);
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push({ url: new URL(request.url).pathname, body: await request.json() });
    return answer();
  });
});

const show = (element: ReactElement) =>
  render(
    <StrictMode>
      <QueryClientProvider client={new QueryClient()}>{element}</QueryClientProvider>
    </StrictMode>,
  );

it("signs in by e-mail and password", async () => {
  const onSignedIn = vi.fn();
  show(<SignInPage sessionEnded={false} onSignedIn={onSignedIn} />);
  await userEvent.type(screen.getByLabelText("E-mail"), "ada@example.com");
  await userEvent.type(screen.getByLabelText("Password"), "correct horse battery{Enter}");
  expect(asked).toEqual([
    { url: "/api/v1/auth/sign-in", body: { email: "ada@example.com", password: "correct horse battery" } },
  ]);
  await vi.waitFor(() => expect(onSignedIn).toHaveBeenCalledOnce());
});

it("shows the server's sentence when the password does not fit", async () => {
  answer = () =>
    Response.json({ status: 401, tag: "sign_in_failed", title: "no", detail: "E-mail and password do not fit. Check both." }, { status: 401 });
  show(<SignInPage sessionEnded={false} onSignedIn={() => {}} />);
  await userEvent.type(screen.getByLabelText("E-mail"), "ada@example.com");
  await userEvent.type(screen.getByLabelText("Password"), "wrong{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent("E-mail and password do not fit. Check both.");
  expect(screen.getByLabelText("E-mail")).toHaveValue("ada@example.com");
});

it("goes on to a page of this app only", () => {
  expect(nextPage("next=%2Fchat%2Fa")).toBe("/chat/a");
  for (const bad of ["next=https%3A%2F%2Fevil.example", "next=%2F%2Fevil.example", "next=%2F%5Cevil.example", ""])
    expect(nextPage(bad)).toBe("/");
});

it("uses a link's token once, hides it from the address, and lets the person go on", async () => {
  window.history.replaceState(null, "", "/welcome#token=abc");
  const onContinue = vi.fn();
  show(<WelcomePage onContinue={onContinue} onSignIn={() => {}} />);
  expect(await screen.findByText("You are signed in as ada@example.com.")).toBeInTheDocument();
  expect(asked).toEqual([{ url: "/api/v1/auth/link", body: { token: "abc" } }]);
  expect(window.location.hash).toBe("");
  await userEvent.click(screen.getByRole("button", { name: "Continue to Steward" }));
  expect(onContinue).toHaveBeenCalledOnce();
});

it("says when a link was used before", async () => {
  window.history.replaceState(null, "", "/welcome#token=old");
  answer = () =>
    Response.json({ status: 401, tag: "link_used_or_expired", title: "no", detail: "This link was used or is too old. Ask for another." }, { status: 401 });
  show(<WelcomePage onContinue={() => {}} onSignIn={() => {}} />);
  expect(await screen.findByRole("alert")).toHaveTextContent("This link was used or is too old. Ask for another.");
});

it("reads the token from the fragment", () => {
  expect(tokenFrom("#token=a-b_c")).toBe("a-b_c");
  expect(tokenFrom("")).toBeNull();
});

it("welcomes again when the page is opened anew after its link was used", async () => {
  window.history.replaceState({ signedIn: true }, "", "/welcome");
  vi.stubGlobal("fetch", async () => answer());
  show(<WelcomePage onContinue={() => {}} onSignIn={() => {}} />);
  expect(await screen.findByText("You are signed in as ada@example.com.")).toBeInTheDocument();
});
