// The command palette: type a few letters, and go to a conversation or a page, or do something.
import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { Search } from "lucide-react";
import { useRef, useState } from "react";

import type { Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";

import { type Entry, type EntryActions, type EntryGroup, useEntries } from "./palette_entries";

const row = "flex cursor-pointer items-center gap-3 rounded-lg px-3 py-2 text-sm outline-none select-none data-highlighted:bg-hover";

function Row({ entry, onChoose }: { entry: Entry; onChoose: (entry: Entry) => void }) {
  const Icon = entry.icon;
  return (
    <Autocomplete.Item value={entry} onClick={() => onChoose(entry)} className={row}>
      <Icon aria-hidden className="size-4 shrink-0 text-quiet" />
      <span dir="auto" className="min-w-0 flex-1 truncate">{entry.label}</span>
      {entry.note === undefined ? null : <span className="shrink-0 text-xs text-quiet tabular-nums">{entry.note}</span>}
    </Autocomplete.Item>
  );
}

function Found({ onChoose }: { onChoose: (entry: Entry) => void }) {
  return (
    <Autocomplete.List className="min-h-0 overflow-y-auto overscroll-contain p-2 empty:p-0">
      {(group: EntryGroup) => (
        <Autocomplete.Group key={group.value} items={group.items} className="not-last:mb-2">
          <Autocomplete.GroupLabel className="px-3 pt-1.5 pb-1 text-xs font-medium text-quiet">{group.value}</Autocomplete.GroupLabel>
          <Autocomplete.Collection>{(entry: Entry) => <Row key={entry.key} entry={entry} onChoose={onChoose} />}</Autocomplete.Collection>
        </Autocomplete.Group>
      )}
    </Autocomplete.List>
  );
}

type CommandPaletteProps = EntryActions & { me: Me; onClose: () => void };

export default function CommandPalette({ me, onClose, ...actions }: CommandPaletteProps) {
  const [typed, setTyped] = useState("");
  const { groups, isSearching } = useEntries(me, typed.trim(), actions);
  const takesFocus = useRef(false);
  const choose = (entry: Entry) => {
    takesFocus.current = entry.takesFocus ?? false;
    onClose();
    // After the focus has come back from here.
    window.setTimeout(entry.run, 0);
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="veil fixed inset-0 z-40 bg-veil" />
        <Dialog.Viewport className="fixed inset-0 z-40 flex items-start justify-center p-3 pt-[10vh]">
          <Dialog.Popup
            aria-label={t("Commands")}
            finalFocus={() => !takesFocus.current}
            className="popup flex max-h-[min(30rem,76vh)] w-full max-w-xl flex-col overflow-hidden rounded-2xl border border-line bg-raised shadow-float outline-none"
          >
            <Autocomplete.Root
              open
              inline
              items={groups}
              filter={null}
              value={typed}
              onValueChange={(value, { reason }) => reason !== "item-press" && setTyped(value)}
              itemToStringValue={(entry: Entry) => entry.label}
              autoHighlight="always"
              keepHighlight
            >
              <div className="flex shrink-0 items-center gap-3 border-b border-line px-4.5">
                <Search aria-hidden className="size-4 shrink-0 text-quiet" />
                <Autocomplete.Input
                  aria-label={t("Find a conversation, a page or an action")}
                  placeholder={t("Find anything")}
                  className="h-12 w-full min-w-0 bg-transparent text-base outline-none placeholder:text-quiet sm:text-sm"
                />
              </div>
              <Dialog.Close className="sr-only">{t("Close")}</Dialog.Close>
              <Autocomplete.Empty className="px-4.5 py-8 text-center text-sm text-quiet empty:hidden">
                {isSearching ? t("Searching…") : t("Nothing found. Try other words.")}
              </Autocomplete.Empty>
              <Found onChoose={choose} />
            </Autocomplete.Root>
          </Dialog.Popup>
        </Dialog.Viewport>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
