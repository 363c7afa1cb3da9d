import type { api as german } from "../de/api";
import type { Same } from "../words";

export const api: Same<typeof german> = {
  "Your session has ended. Sign in again.": "انتهت جلستك. سجّل الدخول مرة أخرى.",
  "You may not do this. Ask an owner of the workspace.": "لا يُسمح لك بهذا. اسأل أحد مالكي مساحة العمل.",
  "This does not exist, or no longer. Go back and choose another.": "هذا غير موجود أو لم يعد موجودًا. ارجع واختر غيره.",
  "This is too large. Send less at once.": "هذا أكبر من المسموح. أرسل أقل في المرة الواحدة.",
  "Too many requests at once. Wait a moment and try again.": "طلبات كثيرة في وقت واحد. انتظر لحظة ثم حاول مرة أخرى.",
  "The server could not answer. Try again in a moment.": "تعذّر على الخادم أن يجيب. حاول مرة أخرى بعد لحظة.",
  "The server refused this. Check what you sent and try again.": "رفض الخادم هذا الطلب. راجع ما أرسلته ثم حاول مرة أخرى.",
  "The server cannot be reached. Check your connection and try again.": "تعذّر الوصول إلى الخادم. تحقق من اتصالك ثم حاول مرة أخرى.",
  "The upload broke off. Check your connection, and that the file is still there.": "انقطع الرفع. تحقق من اتصالك ومن أن الملف ما زال موجودًا.",
};
