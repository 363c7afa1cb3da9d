// The headers that open an MCP server, each with its value. New ones take the place of all the old ones.
import { Plus, X } from "lucide-react";

import { t } from "~/shared/language/words";
import { Button, IconButton } from "~/shared/ui/button";
import { Field } from "~/shared/ui/field";
import { SecretField } from "~/shared/ui/secret_field";

export type WrittenHeader = { id: number; name: string; value: string; isKept: boolean };

const MOST = 20;
/** The same in every language. */
const EXAMPLE = "Bearer …";

export const writtenHeaders = (names: readonly string[]): WrittenHeader[] =>
  (names.length === 0 ? ["Authorization"] : names).map((name, id) => ({ id, name, value: "", isKept: names.length > 0 }));

const isWritten = ({ value }: WrittenHeader) => value !== "";

/** Whether nothing is written anew, or all of it: what is left empty beside a new value would be lost. */
export const areWhole = (headers: readonly WrittenHeader[]): boolean =>
  !headers.some(isWritten) || headers.every(({ name, value }) => name.trim() !== "" && value !== "");

/** What the server is told; null leaves the old ones. */
export const given = (headers: readonly WrittenHeader[]): Record<string, string> | null =>
  headers.some(isWritten) ? Object.fromEntries(headers.map(({ name, value }) => [name.trim(), value])) : null;

type HeaderFieldsProps = { headers: readonly WrittenHeader[]; onChange: (headers: WrittenHeader[]) => void };

export function HeaderFields({ headers, onChange }: HeaderFieldsProps) {
  const change = (id: number, part: Partial<WrittenHeader>) => onChange(headers.map((one) => (one.id === id ? { ...one, ...part } : one)));
  const next = Math.max(...headers.map(({ id }) => id)) + 1;
  const isAnew = headers.some(isWritten);
  return (
    <div className="space-y-3">
      {headers.map(({ id, name, value, isKept }) => (
        <div key={id} className="flex items-start gap-1.5">
          <div className="grid min-w-0 flex-1 gap-2 sm:grid-cols-2 sm:gap-4">
            <Field label={t("Header")} dir="ltr" value={name} maxLength={100} autoComplete="off" spellCheck={false} onChange={({ target }) => change(id, { name: target.value })} />
            <SecretField
              label={t("Its value")}
              value={value}
              maxLength={8000}
              placeholder={EXAMPLE}
              fault={isKept && isAnew && value === "" ? t("Write it anew too: the new headers take the place of all the old ones.") : null}
              onChange={({ target }) => change(id, { value: target.value })}
            />
          </div>
          {headers.length === 1 ? null : (
            <IconButton label={t("Take the header {name} away", { name })} className="mt-6.5" onClick={() => onChange(headers.filter((one) => one.id !== id))}>
              <X aria-hidden className="size-4" />
            </IconButton>
          )}
        </div>
      ))}
      {headers.length < MOST ? (
        <Button onClick={() => onChange([...headers, { id: next, name: "", value: "", isKept: false }])}>
          <Plus aria-hidden className="size-4" /> {t("Add a header")}
        </Button>
      ) : null}
    </div>
  );
}
