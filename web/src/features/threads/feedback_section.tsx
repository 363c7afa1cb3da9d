// What people think of answers: thumbs with their reasons, the newest first. What was said stays with whoever said it.
import { MessageCircleHeart, ThumbsDown, ThumbsUp } from "lucide-react";
import { Link, useSearchParams } from "wouter";

import { asProblem } from "~/shared/api/problems";
import type { FeedbackEntry, Me } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";
import { shortMoment, wholeMoment } from "~/shared/lib/moments";
import { roleReaches } from "~/shared/lib/roles";
import { EmptyBox } from "~/shared/ui/empty_box";
import { Loaded } from "~/shared/ui/loaded";
import { Notice } from "~/shared/ui/notice";
import { Segments } from "~/shared/ui/segments";

import { type Rating, useFeedback } from "./feedback_queries";
import { Sentinel } from "./sentinel";

function EntryRow({ entry, isMine }: { entry: FeedbackEntry; isMine: boolean }) {
  const { rating, reason, user_name, model, thread_id, message_id, updated_at } = entry;
  const Thumb = rating === "good" ? ThumbsUp : ThumbsDown;
  return (
    <li className="flex gap-3 px-4 py-3">
      <Thumb
        role="img"
        aria-label={rating === "good" ? t("Good answer") : t("Bad answer")}
        className={classes("mt-0.5 size-4 shrink-0", rating === "good" ? "text-accent" : "text-danger")}
      />
      <div className="min-w-0 flex-1">
        {reason === null ? (
          <p className="text-sm text-quiet">{t("Without a reason")}</p>
        ) : (
          <p dir="auto" className="text-sm whitespace-pre-line wrap-anywhere">
            {reason}
          </p>
        )}
        <p className="mt-1 flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-quiet">
          <span dir="auto" className="min-w-0 truncate">
            {isMine ? t("You") : user_name}
          </span>
          {model === null ? null : (
            <span dir="ltr" className="min-w-0 truncate">
              {model}
            </span>
          )}
          <time dateTime={updated_at} title={wholeMoment(updated_at)}>
            {shortMoment(updated_at)}
          </time>
          {isMine ? (
            <Link href={`/chat/${encodeURIComponent(thread_id)}?message=${encodeURIComponent(message_id)}`} className="rounded text-accent hover:underline">
              {t("Open the conversation")}
            </Link>
          ) : null}
        </p>
      </div>
    </li>
  );
}

const isRating = (value: string | null): value is Rating => value === "good" || value === "bad";

export default function FeedbackSection({ me }: { me: Me }) {
  const [parameters, setParameters] = useSearchParams();
  const given = parameters.get("rating");
  const rating = isRating(given) ? given : null;
  const mayAsk = roleReaches(me.role, "admin");
  const found = useFeedback(rating, mayAsk);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = found;
  if (!mayAsk) return <Notice>{t("Admins and owners read the feedback of the workspace. Yours stays at the answers.")}</Notice>;
  const entries = found.data?.pages.flatMap(({ items }) => items);
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="flex-1 basis-60 text-sm text-quiet">{t("What people think of answers, the newest first. Their conversations stay their own.")}</p>
        <Segments
          label={t("Show")}
          value={rating ?? "all"}
          choices={[
            { value: "all", label: t("All") },
            { value: "good", label: t("Good") },
            { value: "bad", label: t("Bad") },
          ]}
          onChoose={(value) => setParameters(value === "all" ? {} : { rating: value }, { replace: true })}
        />
      </div>
      <Loaded query={{ data: entries, error: found.error, isFetching: found.isFetching, refetch: found.refetch }} waiting={t("Loading the feedback…")}>
        {(all) =>
          all.length === 0 ? (
            <EmptyBox
              icon={MessageCircleHeart}
              title={rating === null ? t("No feedback yet") : t("No such feedback")}
              lead={rating === null ? t("A thumb up or down below an answer shows here, with its reason.") : t("Show all of it to see what people said.")}
            />
          ) : (
            <>
              <ul aria-label={t("Feedback")} className="divide-y divide-line rounded-2xl border border-line bg-raised">
                {all.map((entry) => (
                  <EntryRow key={entry.id} entry={entry} isMine={entry.user_id === me.user.id} />
                ))}
              </ul>
              {isFetchNextPageError ? <Notice kind="problem">{asProblem(found.error).message}</Notice> : null}
              {hasNextPage && !isFetchingNextPage && !isFetchNextPageError ? <Sentinel onSeen={() => void fetchNextPage()} /> : null}
              {isFetchingNextPage ? (
                <p role="status" className="text-center text-sm text-quiet">
                  {t("Loading older feedback…")}
                </p>
              ) : null}
            </>
          )
        }
      </Loaded>
    </div>
  );
}
