// The kinds of file that a conversation can be saved as, in the order in which they are offered.
export type ExportFormat = "pdf" | "markdown" | "json";

export const formats: Record<ExportFormat, { name: string; ending: string }> = {
  pdf: { name: "PDF", ending: "pdf" },
  markdown: { name: "Markdown", ending: "md" },
  json: { name: "JSON", ending: "json" },
};

export const formatNames = Object.keys(formats) as ExportFormat[];
