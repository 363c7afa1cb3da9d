// Without a provider's key Steward answers from documents alone, and says how to get a model.
import { Notice } from "~/shared/ui/notice";

export function NoKeyNotice({ className }: { className?: string }) {
  return (
    <Notice className={className}>
      No language model is set up yet, so Steward answers by quoting your workspace's documents. To get a model, set a
      provider's key, such as{" "}
      <code className="rounded bg-hover px-1 py-0.5 font-mono text-[0.9em]">OPENAI_API_KEY</code>, and start the server
      again.
    </Notice>
  );
}
