// A link to a source: into the library, where the excerpt goes along, or out to the web.
import type { ComponentProps } from "react";

import type { PlaceState } from "~/shared/lib/places";
import { InnerLink } from "~/shared/ui/inner_link";

import { safeLink } from "./links";
import type { Source } from "./sources";

type SourceLinkProps = Omit<ComponentProps<"a">, "href"> & { source: Source };

export function SourceLink({ source, children, ...rest }: SourceLinkProps) {
  if (source.href.startsWith("/") && !source.href.startsWith("//"))
    return (
      <InnerLink {...rest} href={source.href} state={{ excerpt: source.excerpt } satisfies PlaceState}>
        {children}
      </InnerLink>
    );
  const address = safeLink(source.href);
  if (address === null) return <span className={rest.className}>{children}</span>;
  return (
    <a {...rest} href={address} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
