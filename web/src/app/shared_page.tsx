// A conversation that a colleague shares: one room knows what is shared, another how messages look.
import type { ReactNode } from "react";

import ReadAround from "~/features/runs/read_around";
import ReadMessages from "~/features/runs/read_messages";
import { SharedPage } from "~/features/threads/shared_page";

export default function SharedConversation({ shareId, beside }: { shareId: string; beside: ReactNode }) {
  return (
    <SharedPage
      shareId={shareId}
      beside={beside}
      renderMessages={(messages) => <ReadMessages messages={messages} />}
      renderAround={(messages, page) => <ReadAround messages={messages}>{page}</ReadAround>}
    />
  );
}
