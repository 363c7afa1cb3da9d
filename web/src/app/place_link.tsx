// A way from the list to one of the app's places.
import type { LucideIcon } from "lucide-react";
import { Link } from "wouter";

type PlaceLinkProps = { href: string; title: string; icon: LucideIcon; current: boolean; onOpen: () => void };

export function PlaceLink({ href, title, icon: Icon, current, onOpen }: PlaceLinkProps) {
  return (
    <Link
      href={href}
      onClick={onOpen}
      aria-current={current ? "page" : undefined}
      className="mx-3 mb-0.5 flex h-9 shrink-0 items-center gap-2.5 rounded-lg px-2.5 text-sm transition-colors duration-150 hover:bg-hover aria-[current=page]:bg-hover aria-[current=page]:font-medium"
    >
      <Icon aria-hidden className="size-4 text-quiet" /> {title}
    </Link>
  );
}
