export const feedback = {
  "Without a reason": "Ohne Begründung",
  "Open the conversation": "Unterhaltung öffnen",
  "Admins and owners read the feedback of the workspace. Yours stays at the answers.":
    "Admins und Inhaber lesen die Bewertungen des Arbeitsbereichs. Ihre eigenen stehen bei den Antworten.",
  "What people think of answers, the newest first. Their conversations stay their own.":
    "Wie Antworten ankommen, das Neueste zuerst. Die Unterhaltungen bleiben bei den Leuten.",
  Good: "Gut",
  Bad: "Schlecht",
  "Loading the feedback…": "Bewertungen werden geladen …",
  "Loading older feedback…": "Ältere Bewertungen werden geladen …",
  "No feedback yet": "Noch keine Bewertung",
  "No such feedback": "Keine solche Bewertung",
  "A thumb up or down below an answer shows here, with its reason.": "Ein Daumen unter einer Antwort erscheint hier, mit Begründung.",
  "Show all of it to see what people said.": "Alle anzeigen, um zu lesen, was gesagt wurde.",
  "settings thumbs ratings opinions": "Einstellungen Daumen Bewertungen Meinungen",
};
