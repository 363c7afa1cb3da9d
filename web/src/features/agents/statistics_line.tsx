// How the turns of an agent went, in one line.
import { count, shortMoment, wholeMoment } from "~/shared/lib/moments";

import { useStatistics } from "./queries";

const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

export function StatisticsLine({ id }: { id: string }) {
  const { data } = useStatistics(id);
  // The line keeps its place while it is read, and says nothing when it cannot be.
  if (data === undefined) return <p className="h-5" />;
  if (data.executions === 0) return <p className="text-sm text-quiet">Nobody has talked to it yet.</p>;
  const { executions, success_rate, last_run_at } = data;
  return (
    <p className="text-sm text-quiet">
      {executions === 1 ? "1 answer" : `${count(executions)} answers`}
      {success_rate === null ? null : `, ${percent.format(success_rate)} went well`}
      {last_run_at === null ? null : (
        <>
          , last <time dateTime={last_run_at} title={wholeMoment(last_run_at)}>{shortMoment(last_run_at)}</time>
        </>
      )}
    </p>
  );
}
