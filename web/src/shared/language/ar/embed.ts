import type { embed as german } from "../de/embed";
import type { Same } from "../words";

export const embed: Same<typeof german> = {
  "Ask anything": "اسأل عن أي شيء",
  "A plain chat with the model. It does not look into any documents.": "دردشة بسيطة مع النموذج. لا تطّلع على أي مستندات.",
  "How can I help?": "كيف يمكنني المساعدة؟",
  "Ask a question. Answers come with their sources where there are any.": "اطرح سؤالًا. تأتي الإجابات مع مصادرها حيث توجد.",
  "Basic chat": "دردشة بسيطة",
  "AI assistant": "مساعد ذكي",
  "Kind of chat": "نوع الدردشة",
  "The chat could not sign you in. Try again, or reload the page. What you wrote is kept.": "تعذر على الدردشة تسجيل دخولك. حاول مرة أخرى أو أعد تحميل الصفحة. ما كتبته محفوظ.",
  "This chat is to be shown within another page. Open that page instead.": "هذه الدردشة معدة للعرض داخل صفحة أخرى. افتح تلك الصفحة بدلًا منها.",
};
