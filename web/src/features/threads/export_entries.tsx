// The lines of a menu that save a conversation as a file.
import { Download } from "lucide-react";

import { t } from "~/shared/language/words";
import type { MenuEntry } from "~/shared/ui/menu";

import { type ExportFormat, formatNames, formats } from "./formats";

export const exportEntries = (onSave: (format: ExportFormat) => void): MenuEntry[] =>
  formatNames.map((format) => ({
    kind: "item",
    label: t("Save as {format}", { format: formats[format].name }),
    icon: <Download />,
    onSelect: () => onSave(format),
  }));
