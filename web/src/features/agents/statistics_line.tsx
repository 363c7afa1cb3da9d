// How the turns of an agent went, in one line.
import { locale } from "~/shared/language/languages";
import { counted, rich, t } from "~/shared/language/words";
import { shortMoment, wholeMoment } from "~/shared/lib/moments";

import { useStatistics } from "./queries";

const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });

export function StatisticsLine({ id }: { id: string }) {
  const { data } = useStatistics(id);
  // The line keeps its place while it is read, and says nothing when it cannot be.
  if (data === undefined) return <p className="h-5" />;
  if (data.executions === 0) return <p className="text-sm text-quiet">{t("Nobody has talked to it yet.")}</p>;
  const { executions, success_rate, last_run_at } = data;
  const answers = counted(executions, "{count} answer", "{count} answers");
  const figures = success_rate === null ? answers : t("{answers}, {percent} went well", { answers, percent: percent.format(success_rate) });
  if (last_run_at === null) return <p className="text-sm text-quiet">{figures}</p>;
  const moment = (
    <time dateTime={last_run_at} title={wholeMoment(last_run_at)}>
      {shortMoment(last_run_at)}
    </time>
  );
  return <p className="text-sm text-quiet">{rich("{figures}, last {moment}", { figures, moment })}</p>;
}
