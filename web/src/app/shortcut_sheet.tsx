// Every shortcut of the page, to look up.
import { t } from "~/shared/language/words";
import { Dialog } from "~/shared/ui/dialog";

import { shortcuts } from "./shortcuts";

export default function ShortcutSheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t("Keyboard shortcuts")}>
      <div className="space-y-5">
        {shortcuts.map(({ title, keys }) => (
          <section key={title} aria-label={t(title)}>
            <h3 className="mb-1 text-xs font-medium text-quiet">{t(title)}</h3>
            <dl className="divide-y divide-line">
              {keys.map(({ pressed, words }) => (
                <div key={words} className="flex items-center justify-between gap-4 py-2 text-sm">
                  <dt>{t(words)}</dt>
                  <dd className="flex shrink-0 gap-1">
                    {pressed.map((one) => (
                      <kbd key={one} className="min-w-6 rounded-md border border-line bg-sunken px-1.5 py-0.5 text-center font-sans text-xs">
                        {one}
                      </kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
