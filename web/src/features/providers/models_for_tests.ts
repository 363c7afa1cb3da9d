// For tests: providers, models and settings as the server sends them.
import type { Model, ModelSettings, Provider } from "~/shared/api/types";

export const providerOf = (rest: Partial<Provider> = {}): Provider => ({
  name: "mistral",
  title: "Mistral AI",
  configured: false,
  key_from: null,
  last_four: null,
  key_changed_at: null,
  takes_key: true,
  ...rest,
});

export const modelOf = (id: string, rest: Partial<Model> = {}): Model => ({
  id,
  provider: id.split("/")[0] ?? "",
  name: id.split("/").slice(1).join("/"),
  default: false,
  allowed: true,
  tiers: [],
  abilities: [],
  context_tokens: 128_000,
  input_usd_per_million: "2.5",
  output_usd_per_million: "10",
  ...rest,
});

export const settingsOf = (rest: Partial<ModelSettings> = {}): ModelSettings => ({
  default_model: null,
  allowed_models: [],
  tiers: {},
  aliases: {},
  fallback_models: [],
  overflow: null,
  messages: {},
  prices: {},
  ...rest,
});
