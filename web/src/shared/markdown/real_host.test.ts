import { expect, it } from "vitest";

import { realHost } from "./real_host";

it.each([
  ["bank.example", "https://evil.example/", "evil.example"],
  ["https://bank.example", "https://bank.example.evil.example/", "bank.example.evil.example"],
  ["https://bank.example@evil.example/", "https://bank.example@evil.example/", "evil.example"],
  ["https://bank.example/login", "https://bank.example@evil.example/", "evil.example"],
  ["log in at bank.example now", "https://evil.example/", "evil.example"],
  ["BANK.example", "https://www.bank.example/a", null],
  ["https://www.bank.example/a", "https://bank.example/b", null],
  ["bank.example", "https://docs.bank.example/", "docs.bank.example"],
  ["b\u200Bank.ex\u00ADample", "https://evil.example/", "evil.example"],
  ["ｂａｎｋ．example", "https://evil.example/", "evil.example"],
  ["bank。example", "https://evil.example/", "evil.example"],
  ["bаnk.example", "https://bаnk.example/", "xn--bnk-6cd.example"],
  ["127.0.0.1", "https://evil.example/", "evil.example"],
  ["help@bank.example", "mailto:me@evil.example", "me@evil.example"],
  ["bank.example", "mailto:me@evil.example", "me@evil.example"],
  ["me@example.com", "mailto:me@example.com", null],
  ["me@example.com", "mailto:me@example.com?subject=Hello", null],
  ["README.md", "https://github.com/a", null],
  ["https://readme.md", "https://evil.example/", "evil.example"],
  ["the guide, version 3.11, e.g. for you", "https://example.com/", null],
  ["here", "https://example.com/", null],
  ["bank.example:8080", "http://bank.example:8080/", null],
  ["bank.example:8080", "http://evil.example:8080/", "evil.example:8080"],
])("a link that says %j and leads to %s is marked with %j", (text, address, host) => {
  expect(realHost(text, new URL(address).href)).toBe(host);
});
