// Whether what is in a frame is wider than the frame: only then the keyboard must be able to reach it, to scroll.
import { useEffect, useRef, useState } from "react";

export function useOverflow<Frame extends HTMLElement = HTMLSpanElement>() {
  const frame = useRef<Frame>(null);
  const [overflows, setOverflows] = useState(false);
  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setOverflows(element.scrollWidth > element.clientWidth + 1));
    observer.observe(element);
    for (const child of element.children) observer.observe(child);
    return () => observer.disconnect();
  }, []);
  return { frame, overflows };
}
