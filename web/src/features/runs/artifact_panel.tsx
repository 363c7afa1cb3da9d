// An artifact beside its conversation: what it looks like, how it is written, and its versions.
import { Dialog } from "@base-ui/react/dialog";
import { Tabs } from "@base-ui/react/tabs";
import { ChevronLeft, ChevronRight, Download, X } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";

import { type Word, t } from "~/shared/language/words";
import { type Kind, OpenBeside } from "~/shared/markdown/beside";
import { CodeText, languageLabel } from "~/shared/markdown/code_block";
import { Markdown } from "~/shared/markdown/markdown";
import { Button, IconButton } from "~/shared/ui/button";
import { CopyButton } from "~/shared/ui/copy_button";
import { Notice } from "~/shared/ui/notice";

import { ChartView } from "./artifact_chart";
import { readChart, readTable } from "./artifact_data";
import { saveArtifact } from "./artifact_file";
import { ArtifactFrame, type FrameMode, hasScripts, pageOfDrawing } from "./artifact_frame";
import type { Shown } from "./artifact_state";
import type { Artifact } from "./artifacts";

const kinds: Record<Exclude<Kind, "code">, Word> = { html: "Web page", svg: "Drawing", document: "Document", chart: "Table and chart" };

export function nameOf({ kind, title, language }: Artifact): string {
  if (title !== null) return title;
  return kind === "code" ? t("{language} code", { language: languageLabel(language) }) : t(kinds[kind]);
}

function FramePreview({ artifact, onEscape }: { artifact: Artifact; onEscape: () => void }) {
  const [mode, setMode] = useState<FrameMode>("still");
  const page = artifact.kind === "svg" ? pageOfDrawing(artifact.code) : artifact.code;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {hasScripts(page) ? (
        <div className="flex items-center gap-3 border-b border-line bg-notice-soft px-4 py-2 text-sm">
          <p className="min-w-0 flex-1">
            {mode === "still"
              ? t("A model wrote scripts for this page. They run when you say so.")
              : t("Scripts of a model run here, kept apart from Steward and from the network. Type nothing secret into it.")}
          </p>
          <Button onClick={() => setMode(mode === "still" ? "running" : "still")}>{mode === "still" ? t("Run scripts") : t("Stop|scripts")}</Button>
        </div>
      ) : null}
      <ArtifactFrame key={`${mode} ${page}`} document={page} title={t("Preview: {name}", { name: nameOf(artifact) })} mode={mode} onEscape={onEscape} />
    </div>
  );
}

function ChartPreview({ artifact: { code, language } }: { artifact: Artifact }) {
  const read = useMemo(() => {
    if (language === "chart") {
      const chart = readChart(code);
      return chart && { chart, table: null };
    }
    return readTable(code, language.toLowerCase());
  }, [code, language]);
  if (read === null)
    return (
      <Notice className="m-4">{t("This cannot be drawn: the figures are not written as a table or a chart should be. The source shows them as they are.")}</Notice>
    );
  return <ChartView {...read} />;
}

/** Scrolls, so the keyboard must be able to reach it. */
function Scrolled({ label, children }: { label: string; children: ReactNode }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div tabIndex={0} role="region" aria-label={label} className="min-h-0 flex-1 overflow-auto outline-offset-[-2px]">
      {children}
    </div>
  );
}

function Preview({ artifact, onEscape }: { artifact: Artifact; onEscape: () => void }) {
  if (artifact.kind === "document")
    return (
      <Scrolled label={t("Preview")}>
        <div className="mx-auto max-w-3xl px-5 py-5">
          {/* Its own blocks of code stay where they are. */}
          <OpenBeside value={null}>
            <Markdown text={artifact.code} streaming={!artifact.isComplete} />
          </OpenBeside>
        </div>
      </Scrolled>
    );
  if (!artifact.isComplete)
    return (
      <p role="status" className="p-5 text-sm text-quiet">
        {t("The preview shows when all of it is written.")}
      </p>
    );
  if (artifact.kind === "chart")
    return (
      <Scrolled label={t("Preview")}>
        <ChartPreview artifact={artifact} />
      </Scrolled>
    );
  return <FramePreview key={artifact.key} artifact={artifact} onEscape={onEscape} />;
}

function Source({ artifact: { code, language, isComplete } }: { artifact: Artifact }) {
  return (
    <Scrolled label={t("Source|of an artifact")}>
      <pre dir="ltr" className="w-max min-w-full px-4 py-3 font-mono text-[0.8125rem] leading-[1.6]">
        <CodeText code={code} language={language} complete={isComplete} />
      </pre>
    </Scrolled>
  );
}

function Versions({ artifact, versions, choose }: Shown) {
  const place = versions.findIndex(({ key }) => key === artifact.key);
  if (versions.length < 2 || place < 0) return null;
  const step = (label: string, to: Artifact | undefined, arrow: ReactNode) => (
    <IconButton small label={label} aria-disabled={to === undefined} className="aria-disabled:opacity-40" onClick={() => to && choose(to)}>
      {arrow}
    </IconButton>
  );
  return (
    <div role="group" aria-label={t("Versions|of an artifact")} className="flex items-center text-xs text-quiet">
      {step(t("Earlier version"), versions[place - 1], <ChevronLeft aria-hidden className="size-4 rtl:rotate-180" />)}
      <span className="min-w-8 text-center">{`${place + 1}/${versions.length}`}</span>
      {step(t("Later version"), versions[place + 1], <ChevronRight aria-hidden className="size-4 rtl:rotate-180" />)}
    </div>
  );
}

type Tab = "preview" | "source";

const tabLook =
  "h-8 rounded-md px-3 text-sm text-quiet transition-colors duration-150 hover:text-ink data-active:bg-raised data-active:font-medium data-active:text-ink data-active:shadow-low";

function Body({ title, ...shown }: Shown & { title: ReactNode }) {
  const { artifact, close } = shown;
  const [chosen, setChosen] = useState<Tab | null>(null);
  const hasPreview = artifact.kind !== "code";
  const isShownEarly = artifact.isComplete || artifact.kind === "document";
  const tab = hasPreview ? (chosen ?? (isShownEarly ? "preview" : "source")) : "source";
  return (
    <Tabs.Root value={tab} onValueChange={(next: Tab) => setChosen(next)} className="flex min-h-0 flex-1 flex-col">
      <div className="flex h-12 shrink-0 items-center gap-1 ps-4 pe-2">
        {title}
        <Versions {...shown} />
        <CopyButton text={() => artifact.code} label={t("Copy the source")} />
        <IconButton small label={t("Download")} onClick={() => saveArtifact(artifact, nameOf(artifact))}>
          <Download aria-hidden className="size-4" />
        </IconButton>
        <IconButton small label={t("Close")} onClick={close}>
          <X aria-hidden className="size-4" />
        </IconButton>
      </div>
      {hasPreview ? (
        <div className="shrink-0 border-b border-line px-3 pb-2">
          <Tabs.List className="flex w-fit gap-0.5 rounded-lg bg-sunken p-0.5" aria-label={t("Views of the artifact")}>
            <Tabs.Tab value="preview" className={tabLook}>
              {t("Preview")}
            </Tabs.Tab>
            <Tabs.Tab value="source" className={tabLook}>
              {t("Source|of an artifact")}
            </Tabs.Tab>
          </Tabs.List>
        </div>
      ) : null}
      <Tabs.Panel value="preview" className="flex min-h-0 flex-1 flex-col" tabIndex={-1}>
        <Preview artifact={artifact} onEscape={close} />
      </Tabs.Panel>
      {hasPreview ? (
        <Tabs.Panel value="source" className="flex min-h-0 flex-1 flex-col" tabIndex={-1}>
          <Source artifact={artifact} />
        </Tabs.Panel>
      ) : (
        <Source artifact={artifact} />
      )}
    </Tabs.Root>
  );
}

const titleLook = "min-w-0 flex-1 truncate text-sm font-medium";

function Aside(shown: Shown) {
  const panel = useRef<HTMLElement>(null);
  const name = nameOf(shown.artifact);
  const { close } = shown;
  useEffect(() => panel.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    const aside = panel.current;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      // The conversation would take it for a wish to stop the answer.
      event.preventDefault();
      close();
    };
    aside?.addEventListener("keydown", onKeyDown);
    return () => aside?.removeEventListener("keydown", onKeyDown);
  }, [close]);
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label={name}
      className="flex w-1/2 max-w-4xl min-w-0 shrink-0 flex-col border-s border-t border-line bg-page outline-none"
    >
      <Body
        {...shown}
        title={
          <h2 dir="auto" className={titleLook}>
            {name}
          </h2>
        }
      />
    </aside>
  );
}

function Sheet(shown: Shown) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && shown.close()}>
      <Dialog.Portal>
        <Dialog.Popup className="popup fixed inset-0 z-40 flex flex-col bg-page outline-none">
          <Body
            {...shown}
            title={
              <Dialog.Title dir="auto" className={titleLook}>
                {nameOf(shown.artifact)}
              </Dialog.Title>
            }
          />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

const WIDE = "(min-width: 64rem)";

/** Beside the conversation where there is room, else over it. */
export default function ArtifactPanel(shown: Shown) {
  const [isWide, setIsWide] = useState(() => window.matchMedia(WIDE).matches);
  useEffect(() => {
    const query = window.matchMedia(WIDE);
    const onChange = () => setIsWide(query.matches);
    query.addEventListener("change", onChange);
    return () => query.removeEventListener("change", onChange);
  }, []);
  return isWide ? <Aside {...shown} /> : <Sheet {...shown} />;
}
