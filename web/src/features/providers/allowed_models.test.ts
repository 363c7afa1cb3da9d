import { describe, expect, it } from "vitest";

import { speaksOf, switched } from "./allowed_models";
import { modelOf } from "./models_for_tests";

const small = modelOf("openai/gpt-4o-mini");
const large = modelOf("openai/gpt-4o");
const other = modelOf("anthropic/claude-opus-4");
const all = [small, large, other];
const off = (model: typeof small) => ({ ...model, allowed: false });

describe("the list of models that may answer", () => {
  it("names all the others once the first is switched off", () => {
    expect(switched([], all, small, false)).toEqual([large.id, other.id]);
  });

  it("is empty again when every model is on, so that later ones answer too", () => {
    expect(switched([large.id, other.id], [off(small), large, other], small, true)).toEqual([]);
  });

  it("keeps what it says about models that are not known here, and patterns that still hold", () => {
    const settled = ["azure/house-gpt", "openai/*"];
    expect(switched(settled, [small, large, off(other)], other, true)).toEqual(["azure/house-gpt", "openai/*", other.id]);
    const more = [small, large, off(other), off(modelOf("groq/llama"))];
    expect(switched(settled, more, other, true)).toEqual(["azure/house-gpt", "openai/*", other.id]);
  });

  it("takes a pattern apart when one of its models is switched off", () => {
    expect(switched(["openai/*"], [small, large, off(other)], small, false)).toEqual([large.id]);
    expect(switched(["gpt-4o", other.id], [off(small), large, other], large, false)).toEqual([other.id]);
  });

  it("stays as it is when its last model is switched off, as an empty one lets all answer", () => {
    expect(switched([large.id], [large, off(other)], large, false)).toEqual([large.id]);
    expect(switched(["openai/*"], [large, off(other)], large, false)).toEqual(["openai/*"]);
    expect(switched(["azure/house-gpt", large.id], [large, off(other)], large, false)).toEqual(["azure/house-gpt"]);
  });
});

it("an entry speaks of a model by its whole name, its bare name, or letters that may be any", () => {
  expect(["openai/gpt-4o", "gpt-4o", "openai/*", "*/gpt-4?"].every((entry) => speaksOf(entry, large))).toBe(true);
  expect(["openai/gpt-4", "gpt-4", "openai", "openai/gpt.4o"].some((entry) => speaksOf(entry, large))).toBe(false);
});

// As fnmatchcase of the server's Python answers.
it.each([
  ["x/[45]o", ["x/4o", "x/5o"], ["x/6o", "x/[45]o"]],
  ["x/[!45]o", ["x/6o", "x/!o"], ["x/4o", "x/o"]],
  ["x/[a-c-z]", ["x/b", "x/-", "x/z"], ["x/d"]],
  ["x/[c-a]", [], ["x/a", "x/b", "x/c", "x/-", "x/[c-a]"]],
  ["x/[!c-a]", ["x/a", "x/-"], ["x/", "x/ab"]],
  ["x/[]]", ["x/]"], ["x/[]]"]],
  ["x/[!]]", ["x/a", "x/!"], ["x/]"]],
  ["x/[^a]", ["x/^", "x/a"], ["x/b"]],
  ["x/[\\d]", ["x/\\", "x/d"], ["x/5"]],
  ["x/[]", ["x/[]"], ["x/", "x/a"]],
  ["x/[!]", ["x/[!]"], ["x/!", "x/a"]],
  ["x/[a", ["x/[a"], ["x/a"]],
  ["x/[*]?", ["x/*a"], ["x/aa", "x/*"]],
  ["x/**", ["x/", "x/a"], ["x"]],
])("the letters of %s are those that the server takes", (entry, meant, others) => {
  expect([...meant, ...others].filter((id) => speaksOf(entry, { id, name: "" }))).toEqual(meant);
});
