// The frame around a conversation: the list beside it, which becomes a drawer where the screen is narrow.
import { BookOpen, Bot, ListTodo, PanelLeft, SquarePen } from "lucide-react";
import { type ReactNode, Suspense, lazy, useCallback, useEffect, useRef, useState } from "react";
import { Link, useLocation, useRoute } from "wouter";

import { AccountMenu } from "~/features/identity/account_menu";
import { ApprovalsLink } from "~/features/runs/approvals_link";
import { ThreadList } from "~/features/threads/thread_list";
import type { Me } from "~/shared/api/types";
import { newId } from "~/shared/lib/ids";
import { agentsAddress, approvalsAddress, libraryAddress, settingsAddress, tasksAddress, ticketsAddress } from "~/shared/lib/places";
import { local } from "~/shared/lib/storage";
import { Mark } from "~/shared/ui/brand";
import { IconButton } from "~/shared/ui/button";

import { ChatPage } from "./chat_page";
import { useCommands } from "./commands";
import { useLiveThreads } from "./live";
import { MissingPage } from "./missing_page";
import { PlaceLink } from "./place_link";

const Drawer = lazy(() => import("~/shared/ui/drawer"));
const ApprovalsPage = lazy(() => import("~/features/runs/approvals_page"));
const SharedPage = lazy(() => import("./shared_page"));
const SettingsPage = lazy(() => import("./settings_page"));
const LibraryPage = lazy(() => import("~/features/knowledge/library_page"));
const AgentsPage = lazy(() => import("~/features/agents/agents_page"));
const AgentPage = lazy(() => import("~/features/agents/agent_page"));
const TasksPage = lazy(() => import("~/features/tasks/tasks_page"));
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

const isAgentSection = (section: string | undefined): section is "versions" | "prompt" | undefined =>
  section === undefined || section === "versions" || section === "prompt";

/** A page whose code comes when it is first asked for. */
function Later({ children }: { children: ReactNode }) {
  return <Suspense fallback={<main aria-busy className="min-w-0 flex-1" />}>{children}</Suspense>;
}

export function Workplace({ me }: { me: Me }) {
  useLiveThreads(me.user.id, me.workspace.id);
  const wide = useWide();
  const [, navigate] = useLocation();
  const [home] = useRoute("/");
  const [library] = useRoute(libraryAddress);
  const [approvals] = useRoute(approvalsAddress);
  const [agents] = useRoute(agentsAddress);
  const [, shownAgent] = useRoute(`${agentsAddress}/:id/:section?`);
  const [tasks, shownTask] = useRoute(`${tasksAddress}/:id?`);
  const [tickets, shownTicket] = useRoute(`${ticketsAddress}/:id?`);
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
      <PlaceLink href={libraryAddress} title="Library" icon={BookOpen} current={library || shownDocument !== null} onOpen={closeDrawer} />
      <PlaceLink href={agentsAddress} title="Agents" icon={Bot} current={agents || shownAgent !== null} onOpen={closeDrawer} />
      <PlaceLink href={tasksAddress} title="Tasks" icon={ListTodo} current={tasks || tickets} onOpen={closeDrawer} />
      <ApprovalsLink current={approvals} onOpen={closeDrawer} />
      <div className="h-1.5 shrink-0" />
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
    page = <ChatPage key={id} id={id} fresh={fresh} box={box} onUsed={markUsed} beside={besideTitle} wide={wide} mayChange={mayChange} userId={me.user.id} />;
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
  else if (agents)
    page = (
      <Later>
        <AgentsPage me={me} beside={besideTitle} />
      </Later>
    );
  else if (shownAgent && isAgentSection(shownAgent.section))
    page = (
      <Later>
        <AgentPage key={shownAgent.id} me={me} id={decodeURIComponent(shownAgent.id)} section={shownAgent.section ?? "setup"} beside={besideTitle} />
      </Later>
    );
  else if (tasks || tickets)
    page = (
      <Later>
        <TasksPage
          key={tasks ? "task" : "ticket"}
          me={me}
          kind={tasks ? "task" : "ticket"}
          id={(tasks ? shownTask.id : shownTicket?.id) ?? null}
          beside={besideTitle}
        />
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
