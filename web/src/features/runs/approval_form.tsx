// The buttons of an approval: as it is, with other arguments, or not at all.
import { type FormEvent, useId, useState } from "react";

import type { Decision } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";
import { Button } from "~/shared/ui/button";
import { Field } from "~/shared/ui/field";

import { type Read, readObject } from "./json_object";
import { WrittenValue, written } from "./written_value";

type FormProps = { busy: boolean; onSay: (word: Decision) => void };

const LONGEST_REASON = 500;

function Arguments({ text, fault, onChange }: { text: string; fault: string | null; onChange: (text: string) => void }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="text-xs text-quiet">
        {t("Arguments, as JSON")}
      </label>
      <textarea
        id={id}
        dir="ltr"
        value={text}
        rows={Math.min(16, Math.max(4, text.split("\n").length))}
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
        aria-invalid={fault === null ? undefined : true}
        aria-describedby={fault === null ? undefined : `${id}-fault`}
        className={classes(
          "mt-1 block w-full resize-y rounded-lg border bg-raised p-2.5 font-mono text-base leading-5 sm:text-xs",
          fault === null ? "border-line-strong" : "border-danger",
        )}
      />
      {fault === null ? null : (
        <p id={`${id}-fault`} className="mt-1.5 text-danger wrap-anywhere">
          {fault}
        </p>
      )}
    </div>
  );
}

function Denial({ busy, onSay, onBack }: FormProps & { onBack: () => void }) {
  const [reason, setReason] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) onSay({ decision: "deny", ...(reason.trim() === "" ? {} : { reason: reason.trim() }) });
  };
  return (
    <form onSubmit={submit} className="space-y-3">
      <Field
        label={t("Reason (optional)")}
        hint={t("Steward reads it and goes on without this.")}
        value={reason}
        maxLength={LONGEST_REASON}
        disabled={busy}
        // Somebody just asked for this field.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        onChange={(event) => setReason(event.target.value)}
      />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="danger" busy={busy} disabled={busy}>
          {t("Deny")}
        </Button>
        <Button disabled={busy} onClick={onBack}>
          {t("Back")}
        </Button>
      </div>
    </form>
  );
}

export function ApprovalForm({ input, busy, onSay }: FormProps & { input: unknown }) {
  const original = written(input);
  const [text, setText] = useState<string | null>(null);
  const [denying, setDenying] = useState(false);
  const read: Read | null = text === null || text === original ? null : readObject(text);

  const approve = () => {
    if (read === null) onSay({ decision: "approve" });
    else if (read.object !== null) onSay({ decision: "approve", arguments: read.object });
  };

  return (
    <div className="space-y-3">
      {text === null ? (
        <WrittenValue label={t("Arguments")} value={input} />
      ) : (
        <Arguments text={text} fault={read?.fault ?? null} onChange={setText} />
      )}
      {denying ? (
        <Denial busy={busy} onSay={onSay} onBack={() => setDenying(false)} />
      ) : (
        <div className="flex flex-wrap gap-2">
          <Button look="loud" busy={busy} disabled={busy || (read !== null && read.object === null)} onClick={approve}>
            {read === null ? t("Approve") : t("Approve with changes")}
          </Button>
          <Button disabled={busy} onClick={() => setDenying(true)}>
            {t("Deny…")}
          </Button>
          <Button disabled={busy} onClick={() => setText(text === null ? original : null)}>
            {text === null ? t("Change arguments") : t("Discard changes")}
          </Button>
        </div>
      )}
    </div>
  );
}
