// The audit log: who did what and when. Everybody's doings for admins and owners, else one's own.
import { History } from "lucide-react";
import { useSearchParams } from "wouter";

import { asProblem } from "~/shared/api/problems";
import type { AuditEvent, Me } from "~/shared/api/types";
import { locale } from "~/shared/language/languages";
import { t } from "~/shared/language/words";
import { type Age, age, wholeMoment } from "~/shared/lib/moments";
import { Button } from "~/shared/ui/button";
import { Loaded } from "~/shared/ui/loaded";
import { Notice } from "~/shared/ui/notice";
import { Select } from "~/shared/ui/select";

import { factWords, inWords, subject } from "./event_words";
import { useEvents } from "./queries";

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const dayAndClock = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

const momentOf = (iso: string): string => {
  const near = age(iso);
  return (near === "Today" || near === "Yesterday" ? clock : dayAndClock).format(new Date(iso));
};

function EventRow({ event, who }: { event: AuditEvent; who: string }) {
  const { type, target_type, target_id, metadata, created_at } = event;
  const about = subject(metadata);
  return (
    <li>
      <details className="group">
        <summary className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-4 py-2.5 text-sm marker:content-none hover:bg-hover">
          <span className="min-w-0 flex-1 basis-48 wrap-anywhere">
            <span className="font-medium">{inWords(type)}</span>
            {about === null ? null : (
              <span className="text-quiet">
                {" · "}
                <bdi>{about}</bdi>
              </span>
            )}
          </span>
          <span dir="auto" className="min-w-0 truncate text-xs text-quiet" title={event.actor_id}>
            {who}
          </span>
          <time dateTime={created_at} title={wholeMoment(created_at)} className="w-auto text-end text-xs text-quiet tabular-nums sm:w-24">
            {momentOf(created_at)}
          </time>
        </summary>
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 px-4 pt-1 pb-3.5 text-xs">
          {[
            [t("When"), wholeMoment(created_at)],
            [t("By"), event.actor_id],
            [inWords(target_type), target_id],
            ...Object.entries(metadata).map(([name, value]) => [inWords(name), factWords(value)]),
          ].map(([name, value], place) => (
            // oxlint-disable-next-line react/no-array-index-key -- two facts may have the same words
            <div key={place} className="contents">
              <dt className="text-quiet">{name}</dt>
              <dd className="min-w-0 wrap-anywhere">
                <bdi>{value}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      </details>
    </li>
  );
}

function byAge(events: readonly AuditEvent[]): [Age, AuditEvent[]][] {
  const groups = new Map<Age, AuditEvent[]>();
  for (const event of events) {
    const name = age(event.created_at);
    const group = groups.get(name);
    if (group) group.push(event);
    else groups.set(name, [event]);
  }
  return [...groups];
}

function Empty() {
  return (
    <div className="flex flex-col items-center rounded-2xl border border-dashed border-line-strong px-6 py-14 text-center">
      <History aria-hidden className="size-8 text-accent" />
      <h3 className="mt-4 text-lg font-semibold">{t("Nothing has happened yet")}</h3>
      <p className="mt-1.5 max-w-md text-quiet">{t("Whatever changes something in the workspace is written down and shows here.")}</p>
    </div>
  );
}

/** The kinds of events among those that were loaded without a choice, and the one that is chosen, by what they are called. */
function useKinds(chosen: string | null): { value: string; label: string }[] {
  const { data } = useEvents(null);
  const seen = data?.pages.flatMap(({ items }) => items.map(({ type }) => type)) ?? [];
  const kinds = new Set(chosen === null ? seen : [...seen, chosen]);
  return [...kinds]
    .map((kind) => ({ value: kind, label: inWords(kind) }))
    .toSorted((one, other) => one.label.localeCompare(other.label, locale));
}

export default function ActivitySection({ me }: { me: Me }) {
  const [parameters, setParameters] = useSearchParams();
  const type = parameters.get("kind");
  const found = useEvents(type);
  const events = found.data?.pages.flatMap((page) => page.items);
  const kinds = useKinds(type);
  const seesAll = me.role === "owner" || me.role === "admin";
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <p className="flex-1 basis-60 text-sm text-quiet">
          {seesAll
            ? t("What happened in this workspace, the newest first.")
            : t("What you did in this workspace. Admins and owners see everybody’s.")}
        </p>
        {kinds.length > 1 ? (
          <Select
            label={t("Show")}
            choices={[{ value: "", label: t("Everything") }, ...kinds]}
            value={type ?? ""}
            onChange={({ target }) => setParameters(target.value === "" ? {} : { kind: target.value }, { replace: true })}
          />
        ) : null}
      </div>
      <Loaded query={{ data: events, error: found.error, isFetching: found.isFetching, refetch: found.refetch }} waiting={t("Loading what happened…")}>
        {(all) =>
          all.length === 0 ? (
            <Empty />
          ) : (
            <>
              {byAge(all).map(([name, group]) => (
                <div key={name}>
                  <h3 className="mb-1.5 text-xs font-medium text-quiet">{t(name)}</h3>
                  <ul className="divide-y divide-line overflow-hidden rounded-2xl border border-line bg-raised">
                    {group.map((event) => (
                      <EventRow key={event.id} event={event} who={event.actor_id === me.user.id ? t("You") : event.actor_id} />
                    ))}
                  </ul>
                </div>
              ))}
              {found.isFetchNextPageError ? <Notice kind="problem">{asProblem(found.error).message}</Notice> : null}
              {found.hasNextPage ? (
                <div className="text-center">
                  <Button busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                    {t("Show older")}
                  </Button>
                </div>
              ) : null}
            </>
          )
        }
      </Loaded>
    </div>
  );
}
