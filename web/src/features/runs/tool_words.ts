// Names of tools, and what they are doing just now, as people say them.
import { language } from "~/shared/language/languages";
import { t } from "~/shared/language/words";

// Their grammar, like the names of tools, is English, so other languages do without them.
const working: Record<string, string> = {
  add: "Adding",
  analyze: "Analyzing",
  archive: "Archiving",
  book: "Booking",
  calculate: "Calculating",
  change: "Changing",
  check: "Checking",
  create: "Creating",
  delete: "Deleting",
  fetch: "Fetching",
  find: "Finding",
  generate: "Generating",
  get: "Getting",
  list: "Listing",
  look: "Looking",
  make: "Making",
  move: "Moving",
  open: "Opening",
  query: "Querying",
  read: "Reading",
  remove: "Removing",
  retrieve: "Retrieving",
  run: "Running",
  save: "Saving",
  search: "Searching",
  send: "Sending",
  set: "Setting",
  update: "Updating",
  upload: "Uploading",
  write: "Writing",
};

/** The words of a name in camel case, with lines below or between; abbreviations keep their capitals. */
function wordsIn(name: string): string[] {
  const parted = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2");
  const words = parted.split(/[\s_.-]+/).filter((word) => word !== "");
  return words.map((word) => (word.length > 1 && word === word.toUpperCase() ? word : word.toLowerCase()));
}

/** The name apart from the server that brought the tool: "crm__find_person". */
function apart(name: string): { server: string | null; own: string } {
  const at = name.indexOf("__");
  return at > 0 && at + 2 < name.length ? { server: name.slice(0, at), own: name.slice(at + 2) } : { server: null, own: name };
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** "createAgent" is "Create agent", and "crm__find_person" is "Find person (crm)". */
export function toolWords(name: string): string {
  const { server, own } = apart(name);
  const words = capital(wordsIn(own).join(" ")) || name || t("Tool");
  return server === null ? words : `${words} (${server})`;
}

/** What a tool is doing while it works: "Creating agent…". */
export function workingWords(name: string): string {
  const [verb = "", ...rest] = wordsIn(apart(name).own);
  const gerund = language === "en" ? working[verb] : undefined;
  return gerund === undefined ? t("Working…") : `${[gerund, ...rest].join(" ")}…`;
}
