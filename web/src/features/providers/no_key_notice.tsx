// Without a provider's key Steward answers from documents alone, and says how to get a model.
import { Link } from "wouter";

import { rich, t } from "~/shared/language/words";
import { settingsAddress } from "~/shared/lib/places";
import { Notice } from "~/shared/ui/notice";

const VARIABLE = "OPENAI_API_KEY";

export function NoKeyNotice({ className }: { className?: string }) {
  return (
    <Notice
      className={className}
      action={
        <Link href={`${settingsAddress}/models`} className="rounded text-sm font-medium text-accent hover:underline">
          {t("Models and keys")}
        </Link>
      }
    >
      {rich(
        "No language model is set up yet, so Steward answers by quoting your workspace's documents. To get a model, set a provider's key, such as {variable}, and start the server again.",
        {
          variable: (
            <code dir="ltr" className="rounded bg-hover px-1 py-0.5 font-mono text-[0.9em]">
              {VARIABLE}
            </code>
          ),
        },
      )}
    </Notice>
  );
}
