import type { markdown as german } from "../de/markdown";
import type { Same } from "../words";

export const markdown: Same<typeof german> = {
  "Copy source": "نسخ المصدر",
  Diagram: "مخطط",
  "Diagram: {title}": "مخطط: {title}",
  "Formula: {source}": "صيغة: {source}",
  "Show diagram": "عرض المخطط",
  "Show source": "عرض المصدر",
  "This diagram cannot be drawn. Its source is shown instead.": "تعذّر رسم هذا المخطط، لذا يظهر مصدره بدلًا منه.",
  "This formula cannot be drawn. Its source is shown instead.": "تعذّر رسم هذه الصيغة، لذا يظهر مصدرها بدلًا منها.",
  "(cannot be drawn)": "(تعذّر رسمها)",
  "Open beside": "فتح بجانب المحادثة",
  "{language} code": "شيفرة {language}",
  "Copy code": "نسخ الشيفرة",
  "Source {number}: {title}": "المصدر {number}: {title}",
  "Source {number}: {title}, not confirmed by the source": "المصدر {number}: {title}، لا يؤكده المصدر",
  "Source {number}: {title}, not checked against the source": "المصدر {number}: {title}، لم يُقارن بالمصدر",
  "Not checked against the source, which is in another language.": "لم تُقارن الجملة بالمصدر لأنه بلغة أخرى.",
  "Not confirmed by the source. Read the passage before you rely on this sentence.": "لا يؤكد المصدر هذه الجملة. اقرأ المقطع قبل أن تعتمد عليها.",
  "Relevance {share}": "الصلة {share}",
  "Page {page}": "صفحة {page}",
  Table: "جدول",
  picture: "صورة",
  "To do": "لم يُنجز بعد",
};
