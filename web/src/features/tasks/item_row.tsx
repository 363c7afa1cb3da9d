// A task or ticket in its list, with its state at hand.
import { Link } from "wouter";

import type { Me } from "~/shared/api/types";
import { locale } from "~/shared/language/languages";
import { type Word, t } from "~/shared/language/words";
import { shortMoment, wholeMoment } from "~/shared/lib/moments";
import { tasksAddress, ticketsAddress } from "~/shared/lib/places";
import { Badge } from "~/shared/ui/badge";

import { type Item, type Status, isOver, priorities, statusesOf } from "./items";
import { useNames } from "./queries";

const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

function labelOf<Value extends string>(choices: readonly { value: Value; label: Word }[], wanted: Value): string {
  const found = choices.find(({ value }) => value === wanted);
  return found === undefined ? wanted : t(found.label);
}

export const itemAddress = ({ kind, id }: Pick<Item, "kind" | "id">): string =>
  `${kind === "task" ? tasksAddress : ticketsAddress}/${encodeURIComponent(id)}`;

/** "for eve", "from a customer": whom it is about. */
function useWhose(me: Me, item: Item): string | null {
  const names = useNames();
  if (item.kind === "ticket") return item.requester === "" ? null : t("from {name}", { name: item.requester });
  if (item.assigneeId === me.user.id) return t("for you");
  const name = names.data?.find(({ value }) => value === item.assigneeId)?.label;
  return name === undefined ? null : t("for {name}", { name });
}

type ItemRowProps = { me: Me; item: Item; onStatus: ((status: Status) => void) | null };

export function ItemRow({ me, item, onStatus }: ItemRowProps) {
  const { kind, number, title, status, priority, dueOn, createdAt, threadId, createdBy } = item;
  const whose = useWhose(me, item);
  const over = isOver(status);
  return (
    <li aria-label={title} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-52">
        <h2 className="flex items-center gap-2 text-sm font-medium">
          <Link href={itemAddress(item)} dir="auto" className={over ? "min-w-0 truncate rounded text-quiet line-through hover:underline" : "min-w-0 truncate rounded hover:underline"}>
            {number === null ? title : `#${number} ${title}`}
          </Link>
          {priority === "normal" ? null : <Badge look={priority === "low" ? "plain" : "accent"}>{labelOf(priorities, priority)}</Badge>}
        </h2>
        <p className="text-xs text-quiet">
          {[whose, dueOn === null ? null : t("by {day}", { day: day.format(new Date(dueOn)) })].filter(Boolean).map((part) => `${part} · `)}
          <time dateTime={createdAt} title={wholeMoment(createdAt)}>
            {shortMoment(createdAt)}
          </time>
          {/* Another person's conversation is theirs alone. */}
          {threadId !== null && createdBy === me.user.id ? (
            <>
              {" · "}
              <Link href={`/chat/${encodeURIComponent(threadId)}`} className="rounded text-accent hover:underline">
                {t("Where it came up")}
              </Link>
            </>
          ) : null}
        </p>
      </div>
      {onStatus === null ? (
        <span className="text-sm text-quiet">{labelOf(statusesOf[kind], status)}</span>
      ) : (
        <select
          aria-label={t("State of {title}", { title })}
          value={status}
          onChange={(event) => onStatus(event.target.value as Status)}
          className="h-9 rounded-lg border border-line-strong bg-raised px-2 text-base sm:text-sm"
        >
          {statusesOf[kind].map(({ value, label }) => (
            <option key={value} value={value}>
              {t(label)}
            </option>
          ))}
        </select>
      )}
    </li>
  );
}
