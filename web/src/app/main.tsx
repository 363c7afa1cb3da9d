import "./styles.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { loadLanguage } from "~/shared/language/words";
import { followSystemTheme } from "~/shared/lib/theme";

import { App } from "./app";

followSystemTheme();
const root = document.getElementById("root");
// English waits for nothing here.
void loadLanguage().then(() => {
  if (root)
    createRoot(root).render(
      <StrictMode>
        <App />
      </StrictMode>,
    );
});
