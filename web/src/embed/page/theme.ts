// Light or dark, as the page around the frame wishes, or as the system says.
import type { Line } from "./line";

export function followTheme(line: Line): void {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const wished = line.read().wishes?.theme ?? "auto";
    document.documentElement.dataset.theme = wished === "auto" ? (system.matches ? "dark" : "light") : wished;
  };
  system.addEventListener("change", paint);
  line.subscribe(paint);
  paint();
}
