export const embed = {
  "Ask anything": "Fragen Sie alles",
  "A plain chat with the model. It does not look into any documents.": "Ein einfacher Chat mit dem Modell. Er schaut in keine Dokumente.",
  "How can I help?": "Wie kann ich helfen?",
  "Ask a question. Answers come with their sources where there are any.": "Stellen Sie eine Frage. Antworten nennen ihre Quellen, wo es welche gibt.",
  "Basic chat": "Einfacher Chat",
  "AI assistant": "KI-Assistent",
  "Kind of chat": "Art des Chats",
  "The chat could not sign you in. Try again, or reload the page. What you wrote is kept.": "Der Chat konnte Sie nicht anmelden. Versuchen Sie es erneut oder laden Sie die Seite neu. Was Sie geschrieben haben, bleibt erhalten.",
  "This chat is to be shown within another page. Open that page instead.": "Dieser Chat gehört in eine andere Seite. Öffnen Sie stattdessen diese.",
};
