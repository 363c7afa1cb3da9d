import type { german } from "../de";
import type { Same } from "../words";
import { agents } from "./agents";
import { api } from "./api";
import { app } from "./app";
import { audit } from "./audit";
import { calls } from "./calls";
import { common } from "./common";
import { embed } from "./embed";
import { feedback } from "./feedback";
import { identity } from "./identity";
import { knowledge } from "./knowledge";
import { markdown } from "./markdown";
import { memory } from "./memory";
import { providers } from "./providers";
import { runs } from "./runs";
import { tasks } from "./tasks";
import { threads } from "./threads";
import { tools } from "./tools";
import { ui } from "./ui";
import { usage } from "./usage";

export { refusals } from "./refusals";

/** Every sentence of the app in Arabic. */
export const arabic: Same<typeof german> = { ...agents, ...api, ...app, ...audit, ...calls, ...common, ...embed, ...feedback, ...identity, ...knowledge, ...markdown, ...memory, ...providers, ...runs, ...tasks, ...threads, ...tools, ...ui, ...usage };
