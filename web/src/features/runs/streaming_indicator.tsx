// Shown from sending until the first token.
import { t } from "~/shared/language/words";
import { Mark } from "~/shared/ui/brand";

const delays = ["0ms", "160ms", "320ms"];

export function StreamingIndicator() {
  return (
    <div className="flex h-7 items-center gap-3 text-quiet" role="status">
      <Mark className="size-6 shrink-0" />
      <span aria-hidden className="flex gap-1">
        {delays.map((delay) => (
          <span key={delay} className="thinking-dot size-1.5 rounded-full bg-quiet" style={{ animationDelay: delay }} />
        ))}
      </span>
      <span className="text-sm">{t("Thinking...")}</span>
    </div>
  );
}
