import "~/app/styles.css";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { loadLanguage } from "~/shared/language/words";
import { Announcer } from "~/shared/lib/announcer";
import { Boundary } from "~/shared/ui/boundary";
import { ProblemPage } from "~/shared/ui/problem";
import { Toasts } from "~/shared/ui/toasts";

import { EmbedPage } from "./embed_page";
import { Line } from "./line";
import { followTheme } from "./theme";

const line = new Line();
followTheme(line);
line.start();
const client = new QueryClient({ defaultOptions: { queries: { retry: 1 } } });
const root = document.getElementById("root");
// English waits for nothing here.
void loadLanguage().then(() => {
  if (root)
    createRoot(root).render(
      <StrictMode>
        <QueryClientProvider client={client}>
          <Announcer />
          <Boundary renderProblem={(isLost) => <ProblemPage isLost={isLost} />}>
            <EmbedPage line={line} />
          </Boundary>
          <Boundary renderProblem={() => null}>
            <Toasts />
          </Boundary>
        </QueryClientProvider>
      </StrictMode>,
    );
});
