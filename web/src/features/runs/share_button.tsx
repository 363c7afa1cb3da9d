// The way from an answer to the sharing of its conversation, which is another room's business: the app puts them together.
import { Share2 } from "lucide-react";
import { createContext, useContext } from "react";

import { t } from "~/shared/language/words";
import { IconButton } from "~/shared/ui/button";

const ShareRequest = createContext<(() => void) | null>(null);

/** Says what a press on "Share" does in the conversation within; null while there is nothing to share. */
export const ShareRequestSource = ShareRequest.Provider;

export function ShareButton() {
  const onShare = useContext(ShareRequest);
  if (onShare === null) return null;
  return (
    <IconButton small label={t("Share conversation")} onClick={onShare}>
      <Share2 aria-hidden className="size-4" />
    </IconButton>
  );
}
