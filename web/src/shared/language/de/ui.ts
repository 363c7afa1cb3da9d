export const ui = {
  "The browser did not allow copying. Select the text and copy it by hand.": "Der Browser hat das Kopieren nicht erlaubt. Markieren Sie den Text und kopieren Sie ihn von Hand.",
  "Folders cannot be added. Open the folder and choose its files.": "Ordner können nicht hinzugefügt werden. Öffnen Sie den Ordner und wählen Sie seine Dateien.",
  "Save the picture": "Bild speichern",
  Dismiss: "Ausblenden",
  "{seconds} s": "{seconds} s",
};
