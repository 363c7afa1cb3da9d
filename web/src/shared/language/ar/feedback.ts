import type { feedback as german } from "../de/feedback";
import type { Same } from "../words";

export const feedback: Same<typeof german> = {
  "Without a reason": "بلا سبب",
  "Open the conversation": "فتح المحادثة",
  "Admins and owners read the feedback of the workspace. Yours stays at the answers.": "يقرأ المشرفون والمالكون تقييمات مساحة العمل. أما تقييماتك فتبقى عند الإجابات.",
  "What people think of answers, the newest first. Their conversations stay their own.": "رأي الناس في الإجابات، الأحدث أولًا. تبقى محادثاتهم لهم.",
  Good: "جيد",
  Bad: "سيئ",
  "Loading the feedback…": "جارٍ تحميل التقييمات…",
  "Loading older feedback…": "جارٍ تحميل تقييمات أقدم…",
  "No feedback yet": "لا تقييمات بعد",
  "No such feedback": "لا تقييم كهذا",
  "A thumb up or down below an answer shows here, with its reason.": "يظهر هنا الإبهام إلى أعلى أو أسفل تحت إجابة، مع سببه.",
  "Show all of it to see what people said.": "اعرض الكل لترى ما قاله الناس.",
  "settings thumbs ratings opinions": "إعدادات إبهام تقييمات آراء",
};
