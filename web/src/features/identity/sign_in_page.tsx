// Sign in by e-mail and password.
import { type FormEvent, useEffect, useRef, useState } from "react";

import { asProblem } from "~/shared/api/problems";
import { t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { Field } from "~/shared/ui/field";
import { Notice } from "~/shared/ui/notice";

import { Entrance } from "./entrance";
import { useSignIn } from "./session";

/** Where to go after signing in: a page of this app, never another site. */
export function nextPage(query: string): string {
  const next = new URLSearchParams(query).get("next") ?? "/";
  return /^\/(?![/\\])/.test(next) ? next : "/";
}

type SignInPageProps = { sessionEnded: boolean; onSignedIn: () => void };

export function SignInPage({ sessionEnded, onSignedIn }: SignInPageProps) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useSignIn();
  const failure = useRef<HTMLDivElement>(null);

  useEffect(() => {
    document.title = `${t("Sign in")} · Steward`;
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!signIn.isPending) signIn.mutate({ email: email.trim(), password }, { onSuccess: onSignedIn });
  };

  return (
    <Entrance title={t("Sign in to Steward")}>
      <form onSubmit={submit} className="space-y-4">
        {sessionEnded && !signIn.isError ? (
          <Notice>{t("Your session has ended. Sign in again to go on; what you typed is kept.")}</Notice>
        ) : null}
        {signIn.isError ? (
          <div ref={failure}>
            <Notice kind="problem">{asProblem(signIn.error).message}</Notice>
          </div>
        ) : null}
        <Field
          label={t("E-mail")}
          type="email"
          name="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <Field
          label={t("Password")}
          type="password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button look="loud" type="submit" busy={signIn.isPending} className="h-10 w-full">
          {signIn.isPending ? t("Signing in…") : t("Sign in")}
        </Button>
      </form>
      <p className="mt-5 border-t border-line pt-4 text-sm text-quiet">
        {t("No password yet, or forgotten? Ask whoever runs this server for a sign-in link.")}
      </p>
    </Entrance>
  );
}
