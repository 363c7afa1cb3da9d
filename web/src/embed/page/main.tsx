import "~/app/styles.css";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Announcer } from "~/shared/lib/announcer";
import { Toasts } from "~/shared/ui/toasts";

import { EmbedPage } from "./embed_page";
import { Line } from "./line";
import { followTheme } from "./theme";

const line = new Line();
followTheme(line);
line.start();
const client = new QueryClient({ defaultOptions: { queries: { retry: 1 } } });
const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <Announcer />
        <EmbedPage line={line} />
        <Toasts />
      </QueryClientProvider>
    </StrictMode>,
  );
