// What a list shows while there is nothing in it, and how to begin.
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

type EmptyBoxProps = { icon: LucideIcon; title: string; lead: string; action?: ReactNode };

export function EmptyBox({ icon: Icon, title, lead, action }: EmptyBoxProps) {
  return (
    <div className="flex flex-col items-center rounded-2xl border border-dashed border-line-strong px-6 py-12 text-center">
      <Icon aria-hidden className="size-8 text-accent" />
      <h2 className="mt-4 text-lg font-semibold">{title}</h2>
      <p className="mt-1.5 max-w-md text-quiet">{lead}</p>
      {action ? <div className="mt-5">{action}</div> : null}
    </div>
  );
}
