// The composition root: it alone knows all rooms, and which page shows which.
import { QueryClient, QueryClientProvider, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useDeferredValue, useEffect, useState } from "react";
import { Redirect, Route, Switch, useLocation, useSearch } from "wouter";

import { SignInPage, nextPage } from "~/features/identity/sign_in_page";
import { placeOf, useMe, useSeemsSignedIn, useSessionFollowed } from "~/features/identity/session";
import { WelcomePage } from "~/features/identity/welcome_page";
import { whenSessionEnds } from "~/shared/api/client";
import { keys } from "~/shared/api/keys";
import { Problem, asProblem } from "~/shared/api/problems";
import type { Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Announcer } from "~/shared/lib/announcer";
import { Boundary } from "~/shared/ui/boundary";
import { Mark } from "~/shared/ui/brand";
import { Button } from "~/shared/ui/button";
import { later } from "~/shared/ui/later";
import { ProblemPage } from "~/shared/ui/problem";
import { Toasts } from "~/shared/ui/toasts";

/** The pages behind the door. Who is not through it yet need not load them. */
const Workplace = later(() => import("./workplace").then(({ Workplace: page }) => ({ default: page })), () => <Opening />);
// Everywhere else they load while the server is asked who is here.
if (!/^\/(?:sign-in|welcome)(?:\/|$)/.test(window.location.pathname)) void Workplace.preload();

// Every component in every state; what is built for production has no such page.
const ComponentsPage = import.meta.env.DEV ? later(() => import("~/dev/components_page")) : null;

const makeClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        // What the server refused it refuses again; only a lost line is worth another try.
        retry: (failures, error) => failures < 2 && !(error instanceof Problem && error.status > 0 && error.status < 500),
      },
    },
  });

/** A session that ends in the middle of the work leads to the sign-in page and back again. */
function useSessionEnd() {
  const cache = useQueryClient();
  const [ended, setEnded] = useState(false);
  useEffect(() => {
    whenSessionEnds(() => {
      if (!cache.getQueryData<Me | null>(keys.me)) return;
      cache.setQueryData(keys.me, null);
      setEnded(true);
    });
    return () => whenSessionEnds(null);
  }, [cache]);
  return { ended, begin: () => setEnded(false) };
}

function Centre({ children }: { children: ReactNode }) {
  return <main className="flex h-full flex-col items-center justify-center gap-4 px-6 text-center">{children}</main>;
}

/** index.html draws the same before there is any script. */
function Opening() {
  return (
    <Centre>
      <h1 className="sr-only">Steward</h1>
      <div role="status" aria-label={t("Loading")}>
        <Mark className="size-11 animate-pulse" />
      </div>
    </Centre>
  );
}

function SignIn({ sessionEnded, onSignedIn }: { sessionEnded: boolean; onSignedIn: () => void }) {
  const [, navigate] = useLocation();
  const query = useSearch();
  // Whoever is not signed in is not asked about.
  const { data: me } = useMe(useSeemsSignedIn());
  const next = nextPage(query);
  if (me) return <Redirect to={next} replace />;
  return (
    // Whoever types is about to come in.
    <div className="contents" onInput={() => void Workplace.preload()}>
      <SignInPage
        sessionEnded={sessionEnded}
        onSignedIn={() => {
          onSignedIn();
          navigate(next, { replace: true });
        }}
      />
    </div>
  );
}

function Welcome() {
  const [, navigate] = useLocation();
  return (
    <WelcomePage
      onContinue={() => navigate("/", { replace: true })}
      onSignIn={() => navigate("/sign-in", { replace: true })}
    />
  );
}

function Inside() {
  const me = useMe();
  const [location] = useLocation();
  const search = useSearch();
  // The whole page is drawn in small pieces, so that none of them holds up a slow phone.
  const known = useDeferredValue(me.data, undefined);
  if (me.data) return known && placeOf(known) === placeOf(me.data) ? <Workplace key={placeOf(known)} me={known} /> : <Opening />;
  if (me.data === null) {
    const here = search === "" ? location : `${location}?${search}`;
    const next = here === "/" ? "" : `?next=${encodeURIComponent(here)}`;
    return <Redirect to={`/sign-in${next}`} replace />;
  }
  if (me.isError)
    return (
      <Centre>
        <Mark className="size-11" />
        <h1 className="text-lg font-semibold">{t("Steward cannot be reached")}</h1>
        <p className="max-w-sm text-quiet">{asProblem(me.error).message}</p>
        <Button look="loud" busy={me.isFetching} onClick={() => void me.refetch()}>
          {t("Try again")}
        </Button>
      </Centre>
    );
  return <Opening />;
}

function Pages() {
  const session = useSessionEnd();
  useSessionFollowed();
  return (
    <Switch>
      <Route path="/sign-in">
        <SignIn sessionEnded={session.ended} onSignedIn={session.begin} />
      </Route>
      <Route path="/welcome">
        <Welcome />
      </Route>
      {ComponentsPage ? (
        <Route path="/dev/components">
          <ComponentsPage />
        </Route>
      ) : null}
      <Route>
        <Inside />
      </Route>
    </Switch>
  );
}

export function App() {
  const [client] = useState(makeClient);
  const [location] = useLocation();
  return (
    <QueryClientProvider client={client}>
      <Announcer />
      <Boundary place={location} renderProblem={(isLost) => <ProblemPage isLost={isLost} />}>
        <Pages />
      </Boundary>
      <Boundary place={location} renderProblem={() => null}>
        <Toasts />
      </Boundary>
    </QueryClientProvider>
  );
}
