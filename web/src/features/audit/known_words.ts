// What the server's rooms write into the audit log, as `inWords` says it in English, so that other languages know it too.
// What is not here, as from tools that somebody adds, is shown in English.
import { type Word, t } from "~/shared/language/words";

// What happened.
const happened = [
  "Action decided", "Action expired", "Action requested", "Agent changed", "Agent created", "Agent deleted",
  "AI response completed", "API key created", "API key revoked", "Budget changed", "Budget created",
  "Budget deleted", "Budget share reached", "Collection created", "Collection deleted", "Document added",
  "Document changed", "Document deleted", "Documents added", "Embed token created", "Feedback given",
  "Feedback taken back", "File batch cancelled", "File batch created", "File deleted", "File uploaded",
  "Interview answered", "Interview cancelled", "Interview completed", "Interview started",
  "MCP server changed", "MCP server checked", "MCP server created", "MCP server deleted", "Member added",
  "Member removed", "Member role changed", "Memories deleted", "Memory added", "Memory changed",
  "Memory deleted", "Message deleted", "Model settings changed", "Profile changed", "Provider key deleted",
  "Provider key stored", "Response deleted", "Schedule changed", "Schedule created", "Schedule deleted",
  "Task changed", "Task created", "Task deleted", "Thread branched", "Thread deleted", "Thread renamed",
  "Thread shared", "Thread tagged", "Thread unshared", "Threads imported", "Ticket changed", "Ticket created",
  "Ticket deleted", "Tool called", "Tool rule changed", "Tool rule created", "Tool rule deleted",
  "Workspace changed",
] as const satisfies readonly Word[];

// What it happened to, and the facts about it.
const named = [
  "Agent", "API key", "Budget", "Collection", "Document", "File", "File batch", "Interview", "MCP server",
  "Memory", "Message", "Provider", "Run|noun", "Schedule", "Task", "Thread", "Ticket", "Tool call", "Tool rule",
  "User", "Workspace", "Agent id", "Agent type", "Alert percents", "Approvers", "Asked again", "Assignee id",
  "Before", "Bytes", "Conditions", "Count", "Cron", "Decided by", "Decision", "Definition", "Documents",
  "Duration", "Edited", "Fields", "Files", "Host", "Is enabled", "Kind", "Least role", "Left out",
  "Limit tokens", "Limit US dollars", "Made by", "Messages", "Model", "Name", "Number", "Percent", "Period",
  "Position", "Priority", "Purpose", "Question", "Rating", "Role", "Scope", "Segment", "Share id", "Source",
  "Starts on", "State", "Status", "Subject id", "Tags", "Thread id", "Threads", "Time zone", "Title",
  "Tokens used", "Tool", "Tools", "Tools called", "Transport", "Version",
] as const satisfies readonly Word[];

const known: ReadonlyMap<string, Word> = new Map([...happened, ...named].map((word) => [word.split("|")[0] ?? word, word]));

/** English words of the log in the reader's language, as far as they are known. */
export function translated(english: string): string {
  const word = known.get(english);
  return word === undefined ? english : t(word);
}
