// Thumbs beside an answer, and a word on why.
import { ThumbsDown, ThumbsUp } from "lucide-react";
import { useState } from "react";

import { type Word, t } from "~/shared/language/words";
import { IconButton } from "~/shared/ui/button";
import { later } from "~/shared/ui/later";

import { type ChatMessage, serverId } from "./messages";
import { type Rating, useRating } from "./rating";

const ReasonDialog = later(() => import("./reason_dialog"));

type ThumbProps = { kind: Rating["rating"]; rating: Rating | null; onPress: () => void };

const names: Record<Rating["rating"], Word> = { good: "Good answer", bad: "Bad answer" };

function Thumb({ kind, rating, onPress }: ThumbProps) {
  const Icon = kind === "good" ? ThumbsUp : ThumbsDown;
  const pressed = rating?.rating === kind;
  return (
    <IconButton small label={t(names[kind])} aria-pressed={pressed} onClick={onPress} className={pressed ? "text-accent!" : ""}>
      <Icon aria-hidden className={pressed ? "size-4 fill-accent-soft" : "size-4"} />
    </IconButton>
  );
}

export function RatingButtons({ message }: { message: ChatMessage }) {
  const { rating, rate } = useRating(serverId(message), message.metadata?.feedback ?? null);
  const [asking, setAsking] = useState(false);

  const press = (kind: Rating["rating"]) => {
    if (rating?.rating === kind) {
      rate(null);
      return;
    }
    rate({ rating: kind, reason: null });
    // What was wrong helps most; praise needs no words.
    if (kind === "bad") setAsking(true);
  };
  return (
    <span role="group" aria-label={t("Feedback")} className="flex">
      <Thumb kind="good" rating={rating} onPress={() => press("good")} />
      <Thumb kind="bad" rating={rating} onPress={() => press("bad")} />
      {asking ? (
        <ReasonDialog
          reason={rating?.reason ?? ""}
          onSave={(reason) => rate({ rating: "bad", reason: reason === "" ? null : reason })}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </span>
  );
}
