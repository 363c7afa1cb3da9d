// Copy to the clipboard, and say so for a moment.
import { Check, Copy } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { t } from "~/shared/language/words";

import { IconButton } from "./button";
import { toast } from "./toasts";

type CopyButtonProps = { text: () => string; label?: string; className?: string };

export function CopyButton({ text, label, className }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  const timer = useRef<number | undefined>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      toast(t("The browser did not allow copying. Select the text and copy it by hand."));
      return;
    }
    setCopied(true);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setCopied(false), 1600);
  };

  return (
    <IconButton small label={copied ? t("Copied") : (label ?? t("Copy"))} className={className} onClick={() => void copy()}>
      {copied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
    </IconButton>
  );
}
