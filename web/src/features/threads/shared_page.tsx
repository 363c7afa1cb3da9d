// A conversation that a colleague shares, to be read from its beginning.
import { Download } from "lucide-react";
import { type ReactNode, useEffect, useMemo } from "react";
import { Link } from "wouter";

import { asProblem } from "~/shared/api/problems";
import type { Message, SharedThread } from "~/shared/api/types";
import { counted, t } from "~/shared/language/words";
import { wholeMoment } from "~/shared/lib/moments";
import { Button, IconButton } from "~/shared/ui/button";
import { Menu } from "~/shared/ui/menu";
import { Notice } from "~/shared/ui/notice";

import { exportEntries } from "./export_entries";
import { exportShared } from "./exporting";
import { useSharedMessages, useSharedThread } from "./sharing";

function Centre({ children }: { children: ReactNode }) {
  return <div className="flex flex-1 flex-col items-center justify-center gap-2 px-6 text-center">{children}</div>;
}

/** There is no telling whether it never was, is of another workspace, or was taken back. */
function NotShared() {
  return (
    <Centre>
      <h1 className="text-lg font-semibold">{t("This conversation is not shared with you")}</h1>
      <p className="max-w-sm text-quiet">
        {t("It may have been taken back, or belong to another workspace. Ask whoever sent you the link.")}
      </p>
      <Link href="/" className="mt-3 rounded-lg bg-accent-fill px-4 py-2 text-sm font-medium text-on-accent hover:bg-accent-fill-hover">
        {t("Start a conversation of your own")}
      </Link>
    </Centre>
  );
}

function Waiting() {
  return (
    <div role="status" aria-label={t("Loading the conversation")} className="mx-auto w-full max-w-3xl flex-1 space-y-4 px-4 pt-8 sm:px-6">
      <div className="h-6 w-1/2 animate-pulse rounded bg-hover" />
      <div className="ms-auto h-10 w-2/5 animate-pulse rounded-2xl bg-bubble" />
      <div className="h-4 w-11/12 animate-pulse rounded bg-hover" />
      <div className="h-4 w-4/5 animate-pulse rounded bg-hover" />
    </div>
  );
}

function Trouble({ error, busy, onRetry }: { error: unknown; busy: boolean; onRetry: () => void }) {
  return (
    <Centre>
      <h1 className="sr-only">{t("Shared conversation")}</h1>
      <Notice
        kind="problem"
        className="max-w-md text-start"
        action={
          <Button look="danger" busy={busy} onClick={onRetry}>
            {t("Try again")}
          </Button>
        }
      >
        {asProblem(error).message}
      </Notice>
    </Centre>
  );
}

function Facts({ shared }: { shared: SharedThread }) {
  return (
    <header className="border-b border-line pb-4">
      <h1 dir="auto" className="text-xl font-semibold tracking-tight wrap-anywhere">{shared.title || t("Conversation")}</h1>
      <p className="mt-1.5 flex flex-wrap gap-x-1.5 text-sm text-quiet">
        <span className="wrap-anywhere">{t("Shared by {name}", { name: shared.shared_by })}</span>
        <span aria-hidden>·</span>
        <span>{counted(shared.message_count, "{count} message", "{count} messages")}</span>
        <span aria-hidden>·</span>
        <time dateTime={shared.updated_at}>{wholeMoment(shared.updated_at)}</time>
      </p>
    </header>
  );
}

type MessagesProps = {
  query: ReturnType<typeof useSharedMessages>;
  messages: readonly Message[];
  renderMessages: (messages: readonly Message[]) => ReactNode;
};

function Messages({ query, messages, renderMessages }: MessagesProps) {
  const { data, error, isFetching, refetch, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  if (data === undefined)
    return error ? <Trouble error={error} busy={isFetching} onRetry={() => void refetch()} /> : <Waiting />;
  if (messages.length === 0) return <p className="py-10 text-center text-quiet">{t("Nothing has been said here yet.")}</p>;
  return (
    <>
      {hasNextPage ? (
        <div className="flex flex-col items-center gap-2 pt-5">
          {isFetchNextPageError ? <p role="alert" className="text-sm text-danger">{asProblem(error).message}</p> : null}
          <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t("Show earlier messages")}
          </Button>
        </div>
      ) : null}
      <div className="pt-3 pb-10">{renderMessages(messages)}</div>
    </>
  );
}

export type SharedPageProps = Pick<MessagesProps, "renderMessages"> & {
  shareId: string;
  /** What stands at the title's start while the list is hidden. */
  beside: ReactNode;
  /** Puts what its answers made beside the page. */
  renderAround: (messages: readonly Message[], page: ReactNode) => ReactNode;
};

export function SharedPage({ shareId, beside, renderMessages, renderAround }: SharedPageProps) {
  const shared = useSharedThread(shareId);
  const query = useSharedMessages(shareId, shared.data !== undefined);
  // Pages come from the end, newest first; one reads from the beginning.
  const messages = useMemo(() => (query.data?.pages ?? []).flatMap((page) => page.items).toReversed(), [query.data]);
  const isMissing = shared.isError && asProblem(shared.error).status === 404;
  const title = shared.data?.title ?? "";
  useEffect(() => {
    document.title = `${title || t("Shared conversation")} · Steward`;
  }, [title]);

  let body: ReactNode = <Waiting />;
  if (isMissing) body = <NotShared />;
  else if (shared.data !== undefined)
    body = (
      // The keyboard scrolls this region, so it must be able to reach it.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      <section aria-label={t("Shared conversation")} tabIndex={0} className="min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]">
        <div className="mx-auto w-full max-w-3xl px-4 pt-4 sm:px-6">
          <Facts shared={shared.data} />
          <Messages query={query} messages={messages} renderMessages={renderMessages} />
        </div>
      </section>
    );
  else if (shared.isError) body = <Trouble error={shared.error} busy={shared.isFetching} onRetry={() => void shared.refetch()} />;

  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <div className="flex h-14 shrink-0 items-center gap-1 px-2.5 sm:px-4">
        {beside}
        {isMissing ? null : <p className="px-1.5 text-sm text-quiet">{t("Read only")}</p>}
        {shared.data === undefined ? null : (
          <Menu
            trigger={
              <IconButton small label={t("Save this conversation")}>
                <Download aria-hidden className="size-4" />
              </IconButton>
            }
            entries={exportEntries((format) => void exportShared(shareId, format))}
          />
        )}
      </div>
      {renderAround(messages, body)}
    </main>
  );
}
