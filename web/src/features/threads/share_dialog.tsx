// Share a conversation with the workspace: its link to copy, and the end of it.
import { Check, Copy, Link as LinkIcon } from "lucide-react";
import { type ReactNode, useId, useRef, useState } from "react";

import { asProblem } from "~/shared/api/problems";
import type { Thread, ThreadShare } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { announce } from "~/shared/lib/announcer";
import { Button } from "~/shared/ui/button";
import { Dialog } from "~/shared/ui/dialog";
import { Notice } from "~/shared/ui/notice";

import { useShare, useStartSharing, useStopSharing } from "./sharing";

function Trouble({ error, children }: { error: unknown; children?: ReactNode }) {
  if (error === null) return null;
  return (
    <Notice kind="problem" className="mb-4" action={children}>
      {asProblem(error).message}
    </Notice>
  );
}

function LinkRow({ address }: { address: string }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState<"nothing" | "copied" | "by hand">("nothing");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address);
      setSaid("copied");
      announce(t("Link copied."));
    } catch {
      field.current?.select();
      setSaid("by hand");
    }
  };
  return (
    <>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
        {t("Link")}
      </label>
      <div className="flex flex-wrap gap-2">
        <input
          ref={field}
          id={id}
          readOnly
          dir="ltr"
          value={address}
          onFocus={(event) => event.target.select()}
          className="h-10 min-w-0 flex-1 basis-44 truncate rounded-lg border border-line-strong bg-raised px-3 text-base sm:text-sm"
        />
        <Button look="loud" className="h-10" onClick={() => void copy()}>
          {said === "copied" ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
          {said === "copied" ? t("Copied") : t("Copy link")}
        </Button>
      </div>
      {said === "by hand" ? (
        <p role="alert" className="mt-1.5 text-sm text-danger">
          {t("The browser did not allow copying. The link is selected: copy it by hand.")}
        </p>
      ) : null}
    </>
  );
}

const addressOf = (share: ThreadShare): string => new URL(share.path, window.location.origin).href;

export default function ShareDialog({ thread, onClose }: { thread: Thread; onClose: () => void }) {
  const share = useShare(thread.id);
  const start = useStartSharing(thread.id);
  const stop = useStopSharing(thread.id);
  const shared = share.data ?? null;

  const begin = () => start.mutate(undefined, { onSuccess: () => announce(t("The conversation is shared.")) });
  const end = () => stop.mutate(undefined, { onSuccess: () => announce(t("The conversation is no longer shared.")) });

  let body: ReactNode = (
    <p role="status" className="py-3 text-sm text-quiet">
      {t("Looking whether it is shared…")}
    </p>
  );
  if (share.isError)
    body = (
      <Trouble error={share.error}>
        <Button look="danger" busy={share.isFetching} onClick={() => void share.refetch()}>
          {t("Try again")}
        </Button>
      </Trouble>
    );
  else if (shared !== null)
    body = (
      <>
        <Trouble error={stop.error} />
        <LinkRow address={addressOf(shared)} />
        <div className="mt-5 flex flex-wrap justify-between gap-2">
          <Button look="danger" busy={stop.isPending} onClick={end}>
            {t("Stop sharing")}
          </Button>
          <Button onClick={onClose}>{t("Done")}</Button>
        </div>
      </>
    );
  else if (share.data === null)
    body = (
      <>
        <Trouble error={start.error} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button look="loud" busy={start.isPending} onClick={begin}>
            <LinkIcon aria-hidden className="size-4" /> {t("Create link")}
          </Button>
        </div>
      </>
    );

  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={shared === null ? t("Share conversation") : t("This conversation is shared")}
      description={t("Everybody in your workspace can read it, with what is added later. Nobody else can write in it, and nobody outside can open it.")}
    >
      {body}
    </Dialog>
  );
}
