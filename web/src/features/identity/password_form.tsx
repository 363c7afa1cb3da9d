// Set or change one's password.
import { type FormEvent, useState } from "react";

import { asProblem } from "~/shared/api/problems";
import { t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { Field } from "~/shared/ui/field";
import { Notice } from "~/shared/ui/notice";

import { useSetPassword } from "./session";

const SHORTEST = 12;

type PasswordFormProps = {
  /** The first password after a link needs no current one. */
  first: boolean;
  onDone: () => void;
  onCancel: () => void;
  cancelLabel: string;
};

export function PasswordForm({ first, onDone, onCancel, cancelLabel }: PasswordFormProps) {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [tooShort, setTooShort] = useState(false);
  const set = useSetPassword();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTooShort(password.length < SHORTEST);
    if (password.length < SHORTEST || set.isPending) return;
    set.mutate({ password, ...(first ? {} : { current_password: current }) }, { onSuccess: onDone });
  };

  return (
    <form onSubmit={submit} className="space-y-4">
      {set.isError ? <Notice kind="problem">{asProblem(set.error).message}</Notice> : null}
      {first ? null : (
        <Field
          label={t("Current password")}
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
        />
      )}
      <Field
        label={t("New password")}
        type="password"
        autoComplete="new-password"
        required
        hint={t("At least {number} characters.", { number: SHORTEST })}
        fault={tooShort ? t("Use at least {number} characters.", { number: SHORTEST }) : null}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={onCancel}>{cancelLabel}</Button>
        <Button look="loud" type="submit" busy={set.isPending}>
          {t("Save password")}
        </Button>
      </div>
    </form>
  );
}
