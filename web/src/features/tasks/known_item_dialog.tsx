// A task or ticket that the address names: read first, then shown.
import type { Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Dialog } from "~/shared/ui/dialog";
import { Loaded } from "~/shared/ui/loaded";

import ItemDialog from "./item_dialog";
import { type Kind, wordsOf } from "./items";
import { useItem } from "./queries";

type KnownItemDialogProps = { me: Me; kind: Kind; id: string; onClose: () => void };

export default function KnownItemDialog({ me, kind, id, onClose }: KnownItemDialogProps) {
  const item = useItem(kind, id);
  if (item.data !== undefined) return <ItemDialog me={me} kind={kind} item={item.data} onClose={onClose} />;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={t(wordsOf[kind].title)}>
      <Loaded query={item} waiting={t("Loading…")}>
        {() => null}
      </Loaded>
    </Dialog>
  );
}
