// A place at the end of a list that calls back when it comes into view, to load what follows.
import { useEffect, useRef } from "react";

export function Sentinel({ onSeen }: { onSeen: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const target = place.current;
    if (!target || typeof IntersectionObserver === "undefined") return undefined;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onSeen(), { rootMargin: "300px" });
    observer.observe(target);
    return () => observer.disconnect();
  }, [onSeen]);
  return <div ref={place} className="h-px" />;
}
