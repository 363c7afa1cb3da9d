// Write a task or a ticket, or change one.
import { Trash2 } from "lucide-react";
import { useState } from "react";

import type { Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { Field } from "~/shared/ui/field";
import { FormDialog } from "~/shared/ui/form_dialog";
import { Select } from "~/shared/ui/select";
import { TextArea } from "~/shared/ui/text_area";
import { toast } from "~/shared/ui/toasts";

import { type Item, type Kind, type Priority, type Status, type Written, priorities, statusesOf, worded, wordsOf } from "./items";
import { useChangeItem, useCreateItem, useDeleteItem, useNames } from "./queries";

const writtenOf = (me: Me, kind: Kind, item: Item | null): Written => ({
  title: item?.title ?? "",
  text: item?.text ?? "",
  status: item?.status ?? "open",
  priority: item?.priority ?? "normal",
  dueOn: item?.dueOn ?? null,
  assigneeId: item?.assigneeId ?? (kind === "task" ? me.user.id : null),
  requester: item?.requester ?? "",
});

type FieldsProps = { me: Me; kind: Kind; isNew: boolean; written: Written; set: (part: Partial<Written>) => void };

function TaskFields({ me, written, set }: Omit<FieldsProps, "kind" | "isNew">) {
  const names = useNames();
  const people = names.data ?? [{ value: me.user.id, label: me.user.name || t("You") }];
  const isKnown = people.some(({ value }) => value === written.assigneeId);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Select
        label={t("For")}
        choices={isKnown ? people : [...people, { value: written.assigneeId ?? "", label: t("Somebody who left") }]}
        value={written.assigneeId ?? ""}
        onChange={(event) => set({ assigneeId: event.target.value })}
      />
      <Field label={t("To be done by")} type="date" value={written.dueOn ?? ""} onChange={(event) => set({ dueOn: event.target.value === "" ? null : event.target.value })} />
    </div>
  );
}

function Fields({ me, kind, isNew, written, set }: FieldsProps) {
  return (
    <>
      <Field label={t(wordsOf[kind].subject)} dir="auto" value={written.title} maxLength={200} autoComplete="off" onChange={(event) => set({ title: event.target.value })} />
      <TextArea label={t("Details")} dir="auto" rows={4} maxLength={20_000} value={written.text} onChange={(event) => set({ text: event.target.value })} />
      {kind === "task" ? (
        <TaskFields me={me} written={written} set={set} />
      ) : (
        <Field label={t("Who asks for help")} value={written.requester} dir="auto" maxLength={320} autoComplete="off" onChange={(event) => set({ requester: event.target.value })} />
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <Select label={t("Priority")} choices={worded(priorities)} value={written.priority} onChange={(event) => set({ priority: event.target.value as Priority })} />
        {isNew ? null : <Select label={t("State")} choices={worded(statusesOf[kind])} value={written.status} onChange={(event) => set({ status: event.target.value as Status })} />}
      </div>
    </>
  );
}

type ItemDialogProps = { me: Me; kind: Kind; item: Item | null; onClose: () => void };

export default function ItemDialog({ me, kind, item, onClose }: ItemDialogProps) {
  const [written, setWritten] = useState(() => writtenOf(me, kind, item));
  const [isAsked, setAsked] = useState(false);
  const create = useCreateItem(kind);
  const change = useChangeItem(kind);
  const remove = useDeleteItem(kind);
  const before = writtenOf(me, kind, item);
  const changes = Object.fromEntries(
    Object.entries(written).filter(([field, value]) => value !== before[field as keyof Written]),
  ) as Partial<Written>;
  const mayChange = me.role !== "viewer";
  const save = () => {
    const wanted = { ...written, title: written.title.trim() };
    if (item === null) create.mutate(wanted, { onSuccess: onClose });
    else change.mutate({ id: item.id, change: changes }, { onSuccess: onClose });
  };
  const discard = (id: string) =>
    remove.mutate(id, {
      onSuccess: () => {
        toast(t(wordsOf[kind].removed));
        onClose();
      },
    });
  return (
    <FormDialog
      title={item === null ? t(wordsOf[kind].make) : item.number === null ? t("Task") : t("Ticket #{number}", { number: item.number })}
      verb={item === null ? t("Create") : t("Save")}
      busy={create.isPending || change.isPending}
      complete={mayChange && written.title.trim() !== "" && (item === null || Object.keys(changes).length > 0)}
      error={create.error ?? change.error}
      onSubmit={save}
      onClose={onClose}
    >
      <fieldset disabled={!mayChange} className="min-w-0 space-y-4">
        <legend className="sr-only">{t(wordsOf[kind].name)}</legend>
        <Fields me={me} kind={kind} isNew={item === null} written={written} set={(part) => setWritten({ ...written, ...part })} />
      </fieldset>
      {item !== null && mayChange ? (
        <Button look="danger" busy={remove.isPending} onClick={() => (isAsked ? discard(item.id) : setAsked(true))}>
          <Trash2 aria-hidden className="size-4" /> {isAsked ? t("Press again: it is gone for good") : t(wordsOf[kind].remove)}
        </Button>
      ) : null}
    </FormDialog>
  );
}
