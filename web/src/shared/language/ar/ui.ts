import type { ui as german } from "../de/ui";
import type { Same } from "../words";

export const ui: Same<typeof german> = {
  "The browser did not allow copying. Select the text and copy it by hand.": "لم يسمح المتصفح بالنسخ. حدّد النص وانسخه يدويًا.",
  "Folders cannot be added. Open the folder and choose its files.": "لا يمكن إضافة المجلدات. افتح المجلد واختر ملفاته.",
  "Save the picture": "حفظ الصورة",
  Dismiss: "إخفاء",
  "{seconds} s": "{seconds} ث",
};
