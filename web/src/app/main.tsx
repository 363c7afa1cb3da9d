import "./styles.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { followSystemTheme } from "~/shared/lib/theme";

import { App } from "./app";

followSystemTheme();
const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
