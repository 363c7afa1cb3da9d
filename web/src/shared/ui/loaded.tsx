// What an answer of the server is shown as: waiting, failed with a way to try again, or there.
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { asProblem } from "~/shared/api/problems";
import { t } from "~/shared/language/words";

import { Button } from "./button";
import { Notice } from "./notice";

type LoadedProps<Data> = {
  query: Pick<UseQueryResult<Data>, "data" | "error" | "isFetching"> & { refetch: () => unknown };
  /** What one waits for: "Loading the budgets…". */
  waiting: string;
  children: (data: Data) => ReactNode;
};

function Waiting({ words }: { words: string }) {
  return (
    <p role="status" className="py-10 text-center text-sm text-quiet">
      {words}
    </p>
  );
}

/** What stands where a part of a page is on its way. */
export const renderLoading = (): ReactNode => <Waiting words={t("Loading…")} />;

export function Loaded<Data>({ query: { data, error, isFetching, refetch }, waiting, children }: LoadedProps<Data>) {
  if (data !== undefined) return children(data);
  if (!error) return <Waiting words={waiting} />;
  return (
    <Notice
      kind="problem"
      action={
        asProblem(error).status === 403 ? null : (
          <Button look="danger" busy={isFetching} onClick={() => void refetch()}>
            {t("Try again")}
          </Button>
        )
      }
    >
      {asProblem(error).message}
    </Notice>
  );
}
