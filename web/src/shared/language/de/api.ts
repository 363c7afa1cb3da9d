export const api = {
  "Your session has ended. Sign in again.": "Ihre Sitzung ist abgelaufen. Melden Sie sich erneut an.",
  "You may not do this. Ask an owner of the workspace.": "Sie dürfen das nicht. Fragen Sie einen Inhaber des Arbeitsbereichs.",
  "This does not exist, or no longer. Go back and choose another.": "Das gibt es nicht oder nicht mehr. Gehen Sie zurück und wählen Sie etwas anderes.",
  "This is too large. Send less at once.": "Das ist zu groß. Senden Sie weniger auf einmal.",
  "Too many requests at once. Wait a moment and try again.": "Zu viele Anfragen auf einmal. Warten Sie einen Moment und versuchen Sie es erneut.",
  "The server could not answer. Try again in a moment.": "Der Server konnte nicht antworten. Versuchen Sie es gleich noch einmal.",
  "The server refused this. Check what you sent and try again.": "Der Server hat das abgelehnt. Prüfen Sie Ihre Angaben und versuchen Sie es erneut.",
  "The server cannot be reached. Check your connection and try again.": "Der Server ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.",
  "The upload broke off. Check your connection, and that the file is still there.": "Das Hochladen wurde unterbrochen. Prüfen Sie Ihre Verbindung und ob die Datei noch da ist.",
};
