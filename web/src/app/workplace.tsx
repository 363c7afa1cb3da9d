// The frame around a conversation: the list beside it, which becomes a drawer where the screen is narrow.
import { BookOpen, Bot, ListTodo, PanelLeft, SquarePen } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { Link, useLocation, useRoute } from "wouter";

import { AccountMenu } from "~/features/identity/account_menu";
import { ApprovalsLink } from "~/features/runs/approvals_link";
import { ThreadList } from "~/features/threads/thread_list";
import type { Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { newId } from "~/shared/lib/ids";
import { agentsAddress, approvalsAddress, libraryAddress, settingsAddress, tasksAddress, ticketsAddress } from "~/shared/lib/places";
import { local } from "~/shared/lib/storage";
import { Boundary } from "~/shared/ui/boundary";
import { Mark } from "~/shared/ui/brand";
import { IconButton } from "~/shared/ui/button";
import { later } from "~/shared/ui/later";
import { FloatingProblem, ProblemNote, ProblemPage } from "~/shared/ui/problem";

import { useCommands } from "./commands";
import { useLiveThreads } from "./live";
import { MissingPage } from "./missing_page";
import { PlaceLink } from "./place_link";

const renderWaiting = () => <main aria-busy className="min-w-0 flex-1" />;
const Drawer = later(() => import("~/shared/ui/drawer"));
const ChatPage = later(() => import("./chat_page"), renderWaiting);
const ApprovalsPage = later(() => import("~/features/runs/approvals_page"), renderWaiting);
const SharedPage = later(() => import("./shared_page"), renderWaiting);
const SettingsPage = later(() => import("./settings_page"), renderWaiting);
const LibraryPage = later(() => import("~/features/knowledge/library_page"), renderWaiting);
const AgentsPage = later(() => import("~/features/agents/agents_page"), renderWaiting);
const AgentPage = later(() => import("~/features/agents/agent_page"), renderWaiting);
const TasksPage = later(() => import("~/features/tasks/tasks_page"), renderWaiting);
const DocumentPage = later(() => import("~/features/knowledge/document_page"), renderWaiting);

const WIDE = "(min-width: 64rem)";
const CALM_MILLISECONDS = 2_500;
const isChat = /^\/(?:chat\/|$)/.test(window.location.pathname);
// Where a conversation shows first, its code comes together with this one.
if (isChat) void ChatPage.preload();
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

/** What may be wanted next loads when the page has come to rest. Returns: whether the drawer is there, to be drawn closed. */
function useCalmDrawer(wide: boolean): boolean {
  const [isThere, setThere] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => {
      void ChatPage.preload();
      if (!wide) void Drawer.preload().then(setThere);
    }, CALM_MILLISECONDS);
    return () => window.clearTimeout(timer);
  }, [wide]);
  return isThere;
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

export function Workplace({ me }: { me: Me }) {
  useLiveThreads(me.user.id, me.workspace.id);
  const wide = useWide();
  const [location, navigate] = useLocation();
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
  const hasDrawer = useCalmDrawer(wide) || drawer;
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

  const focusSearch = () => searchBox.current?.focus();
  const search = () => {
    showList(true);
    // The list may have to come up first.
    if (wide) window.setTimeout(focusSearch, 0);
    else void Drawer.preload().then(() => window.setTimeout(focusSearch, 60));
  };
  const { windows, showShortcuts, showTour } = useCommands(me, { onNewChat: newChat, onSearch: search });

  const newChatButton = (
    <IconButton label={t("New conversation")} onClick={newChat}>
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
        {toggle(t("Hide conversations"), false)}
        {newChatButton}
      </div>
      <PlaceLink href={libraryAddress} title={t("Library")} icon={BookOpen} current={library || shownDocument !== null} onOpen={closeDrawer} />
      <PlaceLink href={agentsAddress} title={t("Agents")} icon={Bot} current={agents || shownAgent !== null} onOpen={closeDrawer} />
      <PlaceLink href={tasksAddress} title={t("Tasks")} icon={ListTodo} current={tasks || tickets} onOpen={closeDrawer} />
      <ApprovalsLink current={approvals} onOpen={closeDrawer} />
      <div className="h-1.5 shrink-0" />
      <ThreadList activeId={routeId} searchBox={searchBox} onOpen={closeDrawer} />
      <div className="mt-1 border-t border-line p-2">
        <AccountMenu me={me} onOpen={closeDrawer} onShortcuts={showShortcuts} onTour={showTour} />
      </div>
    </>
  );
  const besideTitle =
    wide && listShown ? null : (
      <>
        {toggle(t("Show conversations"), true)}
        {newChatButton}
      </>
    );

  const mayChange = me.role !== "viewer";
  let page: ReactNode = <MissingPage title={t("This page does not exist")} lead={t("The address may be mistyped.")} />;
  if (home || routeId !== null)
    page = <ChatPage key={id} id={id} fresh={fresh} box={box} onUsed={markUsed} beside={besideTitle} wide={wide} mayChange={mayChange} userId={me.user.id} onTour={showTour} />;
  else if (library)
    page = <LibraryPage userId={me.user.id} mayChange={mayChange} beside={besideTitle} />;
  else if (approvals)
    page = <ApprovalsPage beside={besideTitle} />;
  else if (agents)
    page = <AgentsPage me={me} beside={besideTitle} />;
  else if (shownAgent && isAgentSection(shownAgent.section))
    page = <AgentPage key={shownAgent.id} me={me} id={decodeURIComponent(shownAgent.id)} section={shownAgent.section ?? "setup"} beside={besideTitle} />;
  else if (tasks || tickets)
    page = (
      <TasksPage
        key={tasks ? "task" : "ticket"}
        me={me}
        kind={tasks ? "task" : "ticket"}
        id={(tasks ? shownTask.id : shownTicket?.id) ?? null}
        beside={besideTitle}
      />
    );
  else if (shared)
    page = <SharedPage key={shared.id} shareId={shared.id} beside={besideTitle} />;
  else if (settings)
    page = <SettingsPage me={me} section={settings.section ?? "account"} beside={besideTitle} />;
  else if (shownDocument)
    page = <DocumentPage key={shownDocument.id} id={shownDocument.id} mayChange={mayChange} beside={besideTitle} />;

  return (
    <div className="flex h-full">
      {wide && listShown ? (
        <aside aria-label={t("Conversations")} className="flex w-70 shrink-0 flex-col border-e border-line bg-sunken">
          <Boundary place={location} renderProblem={(isLost) => <ProblemNote isLost={isLost} className="m-3" />}>
            {list}
          </Boundary>
        </aside>
      ) : null}
      <Boundary place={location} renderProblem={(isLost) => <ProblemPage isLost={isLost} beside={besideTitle} />}>
        {page}
      </Boundary>
      <Boundary place={location} renderProblem={(isLost) => <FloatingProblem isLost={isLost} />}>
        {wide || !hasDrawer ? null : (
          <Drawer open={drawer} onOpenChange={setDrawer} title={t("Conversations")}>
            {list}
          </Drawer>
        )}
        {windows}
      </Boundary>
    </div>
  );
}
