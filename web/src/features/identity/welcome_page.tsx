// The page behind a one-time link: it signs in, and lets the person go on at once.
import { useEffect, useRef, useState } from "react";

import { asProblem } from "~/shared/api/problems";
import { Button } from "~/shared/ui/button";
import { Notice } from "~/shared/ui/notice";

import { Entrance } from "./entrance";
import { PasswordForm } from "./password_form";
import { useLink } from "./session";

/** The token of the address's fragment, which browsers never send to a server. */
export function tokenFrom(fragment: string): string | null {
  return new URLSearchParams(fragment.replace(/^#/, "")).get("token");
}

export function WelcomePage({ onContinue, onSignIn }: { onContinue: () => void; onSignIn: () => void }) {
  const [token] = useState(() => tokenFrom(window.location.hash));
  const [setting, setSetting] = useState(false);
  const link = useLink();
  const { mutate } = link;
  const sent = useRef(false);

  useEffect(() => {
    document.title = "Welcome · Steward";
    if (token === null || sent.current) return;
    sent.current = true;
    // The token works once; it has no business in the browser's history.
    window.history.replaceState(window.history.state, "", window.location.pathname);
    mutate(token);
  }, [token, mutate]);

  if (token === null || link.isError)
    return (
      <Entrance title="This link cannot be used">
        <div className="space-y-4">
          <Notice kind="problem">
            {token === null ? "The link is not complete. Copy the whole of it and open it again." : asProblem(link.error).message}
          </Notice>
          <Button look="loud" className="h-10 w-full" onClick={onSignIn}>
            Sign in with a password
          </Button>
        </div>
      </Entrance>
    );
  if (link.data === undefined)
    return (
      <Entrance title="Welcome to Steward">
        <p role="status" className="text-center text-sm text-quiet">
          Signing you in…
        </p>
      </Entrance>
    );
  return (
    <Entrance title="Welcome to Steward" lead={`You are signed in as ${link.data.user.email}.`}>
      {setting ? (
        <PasswordForm first={!link.data.has_password} onDone={onContinue} onCancel={() => setSetting(false)} cancelLabel="Back" />
      ) : (
        <div className="space-y-3">
          <Button look="loud" className="h-10 w-full" onClick={onContinue}>
            Continue to Steward
          </Button>
          <Button className="h-10 w-full" onClick={() => setSetting(true)}>
            Set a password first
          </Button>
          <p className="pt-2 text-center text-sm text-quiet">You can set a password later, from the menu with your name.</p>
        </div>
      )}
    </Entrance>
  );
}
