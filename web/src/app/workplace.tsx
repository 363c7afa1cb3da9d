// The frame around a conversation: the list beside it, which becomes a drawer where the screen is narrow.
import { BookOpen, PanelLeft, SquarePen } from "lucide-react";
import { type ReactNode, Suspense, lazy, useCallback, useEffect, useRef, useState } from "react";
import { Link, useLocation, useRoute } from "wouter";

import { AccountMenu } from "~/features/identity/account_menu";
import { ApprovalsLink } from "~/features/runs/approvals_link";
import { ThreadList } from "~/features/threads/thread_list";
import type { Me } from "~/shared/api/types";
import { newId } from "~/shared/lib/ids";
import { approvalsAddress, libraryAddress, settingsAddress } from "~/shared/lib/places";
import { local } from "~/shared/lib/storage";
import { Mark } from "~/shared/ui/brand";
import { IconButton } from "~/shared/ui/button";

import { ChatPage } from "./chat_page";
import { useCommands } from "./commands";
import { MissingPage } from "./missing_page";

const Drawer = lazy(() => import("~/shared/ui/drawer"));
const ApprovalsPage = lazy(() => import("~/features/runs/approvals_page"));
const SharedPage = lazy(() => import("./shared_page"));
const SettingsPage = lazy(() => import("./settings_page"));
const LibraryPage = lazy(() => import("~/features/knowledge/library_page"));
const DocumentPage = lazy(() => import("~/features/knowledge/document_page"));

const WIDE = "(min-width: 64rem)";
const KEY = "steward.list";

function useWide(): boolean {
  const [wide, setWide] = useState(() => window.matchMedia(WIDE).matches);
  useEffect(() => {
    const query = window.matchMedia(WIDE);
    const onChange = () => setWide(query.matches);
    query.addEventListener("change", onChange);
    return () => query.removeEventListener("change", onChange);
  }, []);
  return wide;
}

/** The conversation that the address names, or a new one with a name of its own until it is used. */
function useChatId() {
  const [, params] = useRoute("/chat/:id");
  const routeId = params?.id === undefined ? null : decodeURIComponent(params.id);
  const [draftId, setDraftId] = useState(() => newId("chat"));
  const [used, setUsed] = useState(false);
  if (used && routeId !== draftId) {
    setUsed(false);
    setDraftId(newId("chat"));
  }
  const markUsed = useCallback(() => setUsed(true), []);
  return { id: routeId ?? draftId, routeId, fresh: routeId === null || routeId === draftId, markUsed };
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** A page whose code comes when it is first asked for. */
function Later({ children }: { children: ReactNode }) {
  return <Suspense fallback={<main aria-busy className="min-w-0 flex-1" />}>{children}</Suspense>;
}

export function Workplace({ me }: { me: Me }) {
  const wide = useWide();
  const [, navigate] = useLocation();
  const [home] = useRoute("/");
  const [library] = useRoute(libraryAddress);
  const [approvals] = useRoute(approvalsAddress);
  const [, shared] = useRoute("/shared/:id");
  const [, settings] = useRoute(`${settingsAddress}/:section?`);
  const [, shownDocument] = useRoute("/library/documents/:id");
  const { id, routeId, fresh, markUsed } = useChatId();
  const [drawer, setDrawer] = useState(false);
  const [listShown, setListShown] = useState(() => local.get(KEY) !== "hidden");
  const searchBox = useRef<HTMLInputElement>(null);
  const box = useRef<HTMLTextAreaElement>(null);

  const showList = useCallback(
    (shown: boolean) => {
      if (wide) {
        setListShown(shown);
        local.set(KEY, shown ? null : "hidden");
      } else setDrawer(shown);
    },
    [wide],
  );
  const closeDrawer = useCallback(() => setDrawer(false), []);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) {
        event.preventDefault();
        box.current?.focus();
      }
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);

  const newChat = () => {
    setDrawer(false);
    navigate("/");
    window.setTimeout(() => box.current?.focus(), 0);
  };

  const search = () => {
    showList(true);
    // The list may have to come up first.
    window.setTimeout(() => searchBox.current?.focus(), wide ? 0 : 60);
  };
  const { windows, showShortcuts } = useCommands(me, { onNewChat: newChat, onSearch: search });

  const newChatButton = (
    <IconButton label="New conversation" onClick={newChat}>
      <SquarePen aria-hidden className="size-4.5" />
    </IconButton>
  );
  const toggle = (label: string, shown: boolean): ReactNode => (
    <IconButton label={label} onClick={() => showList(shown)}>
      <PanelLeft aria-hidden className="size-4.5" />
    </IconButton>
  );
  const list = (
    <>
      <div className="flex h-14 shrink-0 items-center gap-1 ps-4 pe-2.5">
        <Link href="/" onClick={closeDrawer} className="me-auto flex items-center gap-2.5 rounded-lg font-semibold tracking-tight">
          <Mark className="size-6" /> Steward
        </Link>
        {toggle("Hide conversations", false)}
        {newChatButton}
      </div>
      <Link
        href={libraryAddress}
        onClick={closeDrawer}
        aria-current={library || shownDocument ? "page" : undefined}
        className="mx-3 mb-2 flex h-9 shrink-0 items-center gap-2.5 rounded-lg px-2.5 text-sm transition-colors duration-150 hover:bg-hover aria-[current=page]:bg-hover aria-[current=page]:font-medium"
      >
        <BookOpen aria-hidden className="size-4 text-quiet" /> Library
      </Link>
      <ApprovalsLink current={approvals} onOpen={closeDrawer} />
      <ThreadList activeId={routeId} searchBox={searchBox} onOpen={closeDrawer} />
      <div className="mt-1 border-t border-line p-2">
        <AccountMenu me={me} onOpen={closeDrawer} onShortcuts={showShortcuts} />
      </div>
    </>
  );
  const besideTitle =
    wide && listShown ? null : (
      <>
        {toggle("Show conversations", true)}
        {newChatButton}
      </>
    );

  const mayChange = me.role !== "viewer";
  let page: ReactNode = <MissingPage title="This page does not exist" lead="The address may be mistyped." />;
  if (home || routeId !== null)
    page = <ChatPage key={id} id={id} fresh={fresh} box={box} onUsed={markUsed} beside={besideTitle} wide={wide} mayChange={mayChange} />;
  else if (library)
    page = (
      <Later>
        <LibraryPage userId={me.user.id} mayChange={mayChange} beside={besideTitle} />
      </Later>
    );
  else if (approvals)
    page = (
      <Later>
        <ApprovalsPage beside={besideTitle} />
      </Later>
    );
  else if (shared)
    page = (
      <Later>
        <SharedPage key={shared.id} shareId={shared.id} beside={besideTitle} />
      </Later>
    );
  else if (settings)
    page = (
      <Later>
        <SettingsPage me={me} section={settings.section ?? "account"} beside={besideTitle} />
      </Later>
    );
  else if (shownDocument)
    page = (
      <Later>
        <DocumentPage key={shownDocument.id} id={shownDocument.id} mayChange={mayChange} beside={besideTitle} />
      </Later>
    );

  return (
    <div className="flex h-full">
      {wide && listShown ? (
        <aside aria-label="Conversations" className="flex w-70 shrink-0 flex-col border-e border-line bg-sunken">
          {list}
        </aside>
      ) : null}
      {wide ? null : (
        <Suspense>
          <Drawer open={drawer} onOpenChange={setDrawer} title="Conversations">
            {list}
          </Drawer>
        </Suspense>
      )}
      {page}
      {windows}
    </div>
  );
}
