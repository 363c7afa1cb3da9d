// A link within the app that takes something along beside the address. It listens to nothing, so a page may hold many.
import type { ComponentProps, MouseEvent } from "react";
import { navigate } from "wouter/use-browser-location";

type InnerLinkProps = ComponentProps<"a"> & { href: string; state?: unknown };

export function InnerLink({ href, state, onClick, children, ...rest }: InnerLinkProps) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const elsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (elsewhere || event.defaultPrevented) return;
    event.preventDefault();
    navigate(href, { state });
  };
  return (
    <a {...rest} href={href} onClick={follow}>
      {children}
    </a>
  );
}
