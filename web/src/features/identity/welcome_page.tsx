// The page behind a one-time link: it signs in, and lets the person go on at once.
import { useEffect, useRef, useState } from "react";

import { asProblem } from "~/shared/api/problems";
import type { Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { Notice } from "~/shared/ui/notice";

import { Entrance } from "./entrance";
import { PasswordForm } from "./password_form";
import { useLink, useMe } from "./session";

/** The token of the address's fragment, which browsers never send to a server. */
export function tokenFrom(fragment: string): string | null {
  return new URLSearchParams(fragment.replace(/^#/, "")).get("token");
}

type WelcomePageProps = { onContinue: () => void; onSignIn: () => void };

/** What the browser keeps of this page when it is opened anew, as another language does it: that the link has signed in. */
type Kept = { signedIn?: boolean } | null;
const kept = (): Kept => window.history.state as Kept;
const keep = (state: Kept) => window.history.replaceState(state, "", window.location.pathname);

function Unusable({ sentence, onSignIn }: { sentence: string; onSignIn: () => void }) {
  return (
    <Entrance title={t("This link cannot be used")}>
      <div className="space-y-4">
        <Notice kind="problem">{sentence}</Notice>
        <Button look="loud" className="h-10 w-full" onClick={onSignIn}>
          {t("Sign in with a password")}
        </Button>
      </div>
    </Entrance>
  );
}

function SigningIn() {
  return (
    <Entrance title={t("Welcome to Steward")}>
      <p role="status" className="text-center text-sm text-quiet">
        {t("Signing you in…")}
      </p>
    </Entrance>
  );
}

function SignedIn({ me, onContinue }: { me: Me; onContinue: () => void }) {
  const [setting, setSetting] = useState(false);
  return (
    <Entrance title={t("Welcome to Steward")} lead={t("You are signed in as {email}.", { email: me.user.email ?? me.user.name })}>
      {setting ? (
        <PasswordForm first={!me.has_password} onDone={onContinue} onCancel={() => setSetting(false)} cancelLabel={t("Back")} />
      ) : (
        <div className="space-y-3">
          <Button look="loud" className="h-10 w-full" onClick={onContinue}>
            {t("Continue to Steward")}
          </Button>
          <Button className="h-10 w-full" onClick={() => setSetting(true)}>
            {t("Set a password first")}
          </Button>
          <p className="pt-2 text-center text-sm text-quiet">{t("You can set a password later, from the menu with your name.")}</p>
        </div>
      )}
    </Entrance>
  );
}

const incomplete = () => t("The link is not complete. Copy the whole of it and open it again.");

/** After the link was used, when the page is opened anew. */
function BackAgain({ onContinue, onSignIn }: WelcomePageProps) {
  const me = useMe();
  if (me.data) return <SignedIn me={me.data} onContinue={onContinue} />;
  if (me.isPending) return <SigningIn />;
  return <Unusable sentence={me.isError ? asProblem(me.error).message : incomplete()} onSignIn={onSignIn} />;
}

function Arrival({ token, onContinue, onSignIn }: WelcomePageProps & { token: string }) {
  const link = useLink();
  const { mutate } = link;
  const sent = useRef(false);
  useEffect(() => {
    if (sent.current) return;
    sent.current = true;
    // The token works once; it has no business in the browser's history.
    keep(null);
    mutate(token, { onSuccess: () => keep({ signedIn: true }) });
  }, [token, mutate]);
  if (link.isError) return <Unusable sentence={asProblem(link.error).message} onSignIn={onSignIn} />;
  return link.data === undefined ? <SigningIn /> : <SignedIn me={link.data} onContinue={onContinue} />;
}

export function WelcomePage({ onContinue, onSignIn }: WelcomePageProps) {
  const [token] = useState(() => tokenFrom(window.location.hash));
  const [isBack] = useState(() => kept()?.signedIn === true);
  useEffect(() => {
    document.title = `${t("Welcome")} · Steward`;
  }, []);
  if (token !== null) return <Arrival token={token} onContinue={onContinue} onSignIn={onSignIn} />;
  if (isBack) return <BackAgain onContinue={onContinue} onSignIn={onSignIn} />;
  return <Unusable sentence={incomplete()} onSignIn={onSignIn} />;
}
