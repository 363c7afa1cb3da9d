// The names by which the app knows the server's shapes; the generated file is read here and in client.ts only.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Model = Schemas["ModelRead"];
export type Models = Schemas["ModelPage"];
export type Thread = Schemas["ThreadRead"];
export type ThreadPage = Schemas["ThreadPage"];
export type ThreadDetail = Schemas["Conversation"];
export type TagCounts = Schemas["TagList"];
/** The share of a conversation of one's own. */
export type ThreadShare = Schemas["ShareRead"];
/** A conversation that somebody else shares. */
export type SharedThread = Schemas["SharedThread"];
export type SharedPage = Schemas["SharedPage"];
export type MessagePage = Schemas["MessagePage"];
/** What this person thinks of an answer. */
export type Feedback = Schemas["Feedback"];
/** What a message would cost. */
export type Estimate = Schemas["EstimateRead"];
export type Hit = Schemas["SearchHit"];
export type Message = Schemas["MessageRead"];
/** A part of a message; a newer server may know more kinds than this page. */
export type Part = { type?: unknown; [field: string]: unknown };
export type Usage = Schemas["MessageUsage"];
/** A file that the server keeps; the browser's own `File` is another thing. */
export type StoredFile = Schemas["FileRead"];
export type Collection = Schemas["CollectionRead"];
export type CollectionPage = Schemas["CollectionPage"];
/** A document of the library; the browser's own `Document` is another thing. */
export type LibraryDocument = Schemas["DocumentRead"];
export type DocumentPage = Schemas["DocumentPage"];
export type DocumentText = Schemas["DocumentText"];
export type Passage = Schemas["PassageRead"];
export type PassagePage = Schemas["SearchResult"];
export type Samples = Schemas["SamplesAdded"];
/** A call of a tool that waits, or waited, for somebody. */
export type Action = Schemas["ActionRead"];
export type ActionPage = Schemas["ActionPage"];
/** A word on a call that waits. */
export type Decision = Schemas["DecisionRequest"];
export type UsageReport = Schemas["UsageReport"];
export type UsageLine = Schemas["UsageLine"];
export type Budget = Schemas["BudgetRead"];
export type BudgetCreate = Schemas["BudgetCreate"];
export type BudgetChange = Schemas["BudgetChange"];
export type BudgetScope = Budget["scope"];
/** A key by which programs call; its secret is in the answer that makes it, and nowhere else. */
export type ApiKey = Schemas["KeyRead"];
export type ApiKeyMade = Schemas["KeyCreated"];
/** Something that happened, of the audit log; the browser's own `Event` is another thing. */
export type AuditEvent = Schemas["EventRead"];
export type AuditPage = Schemas["EventPage"];
export type Agent = Schemas["AgentRead"];
export type AgentCreate = Schemas["AgentCreate"];
export type AgentChange = Schemas["AgentChange"];
export type AgentTemplate = Schemas["TemplateRead"];
export type AgentVersion = Schemas["VersionRead"];
export type AgentVersionPage = Schemas["VersionPage"];
export type AgentStatistics = Schemas["StatisticsRead"];
export type AgentPrompt = Schemas["PromptRead"];
export type Tool = Schemas["ToolRead"];
/** A person of the workspace. */
export type Member = Schemas["MemberRead"];
/** A new one, with the link to hand over, which is in this answer only. */
export type MemberAdded = Schemas["MemberAdded"];
export type Memory = Schemas["MemoryRead"];
export type MemoryPage = Schemas["MemoryPage"];
export type MemoryCreate = Schemas["MemoryCreate"];
export type Profile = Schemas["ProfileRead"];
export type ProfileUpdate = Schemas["ProfileUpdate"];
export type Task = Schemas["TaskRead"];
export type TaskPage = Schemas["TaskPage"];
export type TaskChange = Schemas["TaskChange"];
export type Ticket = Schemas["TicketRead"];
export type TicketPage = Schemas["TicketPage"];
export type TicketChange = Schemas["TicketChange"];
/** A host of models, and whose key calls it. */
export type Provider = Schemas["ProviderRead"];
/** What a workspace settles about models. */
export type ModelSettings = Schemas["ModelChoices"];
export type ToolRule = Schemas["RuleRead"];
export type ToolRuleCreate = Schemas["RuleCreate"];
export type ToolCondition = Schemas["ConditionGiven"];
/** What the rules say about a call that nobody makes. */
export type ToolJudgement = Schemas["JudgementRead"];
export type McpServer = Schemas["ServerRead"];
export type McpServerCreate = Schemas["ServerCreate"];
export type McpServerChange = Schemas["ServerChange"];
export type McpServerChecked = Schemas["ServerChecked"];
export type McpTool = Schemas["ServerTool"];
/** Somebody's feedback, as those who run the workspace read it. */
export type FeedbackEntry = Schemas["FeedbackEntry"];
export type FeedbackPage = Schemas["FeedbackPage"];
/** One call of a model, of the ledger. */
export type ModelCall = Schemas["CallRead"];
export type ModelCallPage = Schemas["CallPage"];
