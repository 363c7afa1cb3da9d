// The frame of a page beside the list: its title, what leads back, what can be done, and a body that scrolls.
import { ArrowLeft } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";

import { classes } from "~/shared/lib/classes";

type PageFrameProps = {
  title: string;
  /** The page that this one belongs to. */
  above?: { title: string; href: string };
  /** What stands at the title's start while the list is hidden. */
  beside: ReactNode;
  actions?: ReactNode;
  wide?: boolean;
  children: ReactNode;
};

export function PageFrame({ title, above, beside, actions, wide = false, children }: PageFrameProps) {
  useEffect(() => {
    document.title = `${title} · Steward`;
  }, [title]);
  return (
    <main className="flex min-w-0 flex-1 flex-col">
      <header className="flex h-14 shrink-0 items-center gap-2 px-2.5 sm:px-4">
        {beside}
        <div className="me-auto flex min-w-0 items-center gap-1.5 px-1.5 text-sm">
          {above === undefined ? null : (
            <>
              <Link href={above.href} className="flex shrink-0 items-center rounded text-quiet hover:text-ink hover:underline">
                <ArrowLeft aria-hidden className="size-4.5 sm:hidden rtl:rotate-180" />
                <span className="max-sm:sr-only">{above.title}</span>
              </Link>
              <span aria-hidden className="text-quiet max-sm:hidden">
                ›
              </span>
            </>
          )}
          <h1 className="min-w-0 truncate font-medium">{title}</h1>
        </div>
        {actions}
      </header>
      {/* What has the focus never hides behind what sticks to the bottom. */}
      <div className="min-h-0 flex-1 scroll-pb-20 overflow-y-auto">
        <div className={classes("mx-auto w-full space-y-5 px-4 pt-2 pb-10 sm:px-6", wide ? "max-w-5xl" : "max-w-3xl")}>{children}</div>
      </div>
    </main>
  );
}
