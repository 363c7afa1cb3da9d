import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, it } from "vitest";

import { keys } from "~/shared/api/keys";

import { readAgain } from "./read_again";

it("reads the library again also when its first reading began before the file was there", async () => {
  const cache = new QueryClient();
  const held: string[] = [];
  let release: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => {
    release = resolve;
  });
  let readings = 0;
  const observer = new QueryObserver(cache, {
    queryKey: keys.collections,
    queryFn: async () => {
      readings += 1;
      const found = [...held];
      if (readings === 1) await slow;
      return found;
    },
  });
  const leave = observer.subscribe(() => undefined);
  held.push("doc_1");
  const done = readAgain(cache);
  release();
  await done;
  expect(observer.getCurrentResult().data).toEqual(["doc_1"]);
  await readAgain(cache);
  expect(readings).toBe(3);
  leave();
});
