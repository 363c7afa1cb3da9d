/** A page that is not there, and the way back. */
import { useEffect } from "react";
import { Link } from "wouter";

import { t } from "~/shared/language/words";

export function MissingPage({ title, lead }: { title: string; lead: string }) {
  useEffect(() => {
    document.title = `${title} · Steward`;
  }, [title]);
  return (
    <main className="flex min-w-0 flex-1 flex-col items-center justify-center gap-2 px-6 text-center">
      <h1 className="text-lg font-semibold">{title}</h1>
      <p className="text-quiet">{lead}</p>
      <Link href="/" className="mt-3 rounded-lg bg-accent-fill px-4 py-2 text-sm font-medium text-on-accent hover:bg-accent-fill-hover">
        {t("Start a new conversation")}
      </Link>
    </main>
  );
}
