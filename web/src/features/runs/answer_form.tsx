// What a person answers when a conversation was handed over to one.
import { type FormEvent, useState } from "react";

import type { Decision } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { TextArea } from "~/shared/ui/text_area";

const LONGEST_ANSWER = 10_000;

export function AnswerForm({ busy, onSay }: { busy: boolean; onSay: (word: Decision) => void }) {
  const [text, setText] = useState("");
  const answer = text.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (answer !== "" && !busy) onSay({ decision: "answer", text: answer });
  };
  return (
    <form onSubmit={submit} className="space-y-3">
      <TextArea
        label={t("Your answer")}
        rows={3}
        value={text}
        maxLength={LONGEST_ANSWER}
        disabled={busy}
        onChange={(event) => setText(event.target.value)}
      />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="loud" busy={busy} disabled={busy || answer === ""}>
          {t("Send answer")}
        </Button>
        <Button disabled={busy} onClick={() => onSay({ decision: "deny" })}>
          {t("Decline")}
        </Button>
      </div>
    </form>
  );
}
