// One polite live region for the whole page: it speaks finished sentences, never single tokens.
import { useEffect, useState } from "react";

let speak: ((sentence: string) => void) | null = null;

/** Have a screen reader say this when it has nothing better to say. */
export function announce(sentence: string): void {
  speak?.(sentence);
}

export function Announcer() {
  const [sentence, setSentence] = useState("");
  useEffect(() => {
    speak = setSentence;
    return () => {
      speak = null;
    };
  }, []);
  return (
    <div aria-live="polite" aria-atomic="true" className="sr-only" data-testid="announcer">
      {sentence}
    </div>
  );
}
