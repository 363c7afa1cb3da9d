// What is typed, once the typing rests for a moment; clearing it counts at once.
import { useEffect, useState } from "react";

const SETTLE_MILLISECONDS = 200;

export function useSettled(typed: string): string {
  const [settled, setSettled] = useState(typed);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(typed), SETTLE_MILLISECONDS);
    return () => window.clearTimeout(timer);
  }, [typed]);
  return typed === "" ? "" : settled;
}
