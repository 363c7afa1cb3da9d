// On a fresh workspace the chat offers sample documents: one click, a moment of reading, then something to ask.
import { BookOpen, MessageCircleQuestion } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "wouter";

import type { LibraryDocument } from "~/shared/api/types";
import { rich, t } from "~/shared/language/words";
import { announce } from "~/shared/lib/announcer";
import { count } from "~/shared/lib/moments";
import { libraryAddress } from "~/shared/lib/places";
import { Button } from "~/shared/ui/button";
import { ProgressBar } from "~/shared/ui/progress_bar";

import { useAddSamples, useFirstDocuments } from "./queries";

const SAMPLE = "sample";

// The samples are in English: a question in another language would find less in them.
export const sampleQuestions = ["How do I set a budget?", "How do I add a provider's key?", "How do I back up Steward?"];

function Frame({ title, children }: { title: string; children: ReactNode }) {
  return (
    // One height for all it may say, so that nothing below moves.
    <section aria-label={title} className="mt-5 rounded-xl border border-line bg-raised p-4 shadow-low sm:min-h-37">
      <h2 className="flex items-center gap-2.5 text-sm font-medium">
        <BookOpen aria-hidden className="size-4.5 shrink-0 text-accent" />
        {title}
      </h2>
      {children}
    </section>
  );
}

function Offer({ mayChange }: { mayChange: boolean }) {
  const samples = useAddSamples();
  return (
    <Frame title={t("Answers from your documents")}>
      <p className="mt-1 text-sm text-quiet">
        {mayChange
          ? t(
              "Steward answers from the documents in your library and shows where they say it. Begin with Steward's own guide, or with your files.",
            )
          : t("Steward answers from the documents in the library and shows where they say it. There are none yet.")}
      </p>
      {mayChange ? (
        <div className="mt-3 flex flex-wrap gap-2">
          <Button look="loud" busy={samples.isPending} onClick={() => samples.mutate(undefined)}>
            {t("Add sample documents")}
          </Button>
          <Link
            href={libraryAddress}
            className="inline-flex h-9 items-center rounded-lg border border-line bg-raised px-3.5 text-sm font-medium hover:bg-hover"
          >
            {t("Upload your own")}
          </Link>
        </div>
      ) : null}
    </Frame>
  );
}

function Reading({ documents }: { documents: readonly LibraryDocument[] }) {
  const done = documents.filter(({ status }) => status !== "in_progress").length;
  const share = documents.reduce((sum, { status, progress }) => sum + (status === "in_progress" ? progress : 1), 0) / documents.length;
  return (
    <Frame title={t("Reading the sample documents")}>
      <p className="mt-1 text-sm text-quiet">
        {t("{done} of {all} are ready. This takes a few seconds.", { done: count(done), all: count(documents.length) })}
      </p>
      <ProgressBar label={t("Reading the sample documents")} share={share} className="mt-3" />
    </Frame>
  );
}

function Questions({ onAsk }: { onAsk: (question: string) => void }) {
  return (
    <Frame title={t("The sample documents are ready. Ask about them")}>
      <ul className="mt-2.5 flex flex-wrap gap-2">
        {sampleQuestions.map((question) => (
          <li key={question}>
            <Button onClick={() => onAsk(question)}>
              <MessageCircleQuestion aria-hidden className="size-4 text-accent" />
              <span lang="en" dir="ltr">
                {question}
              </span>
            </Button>
          </li>
        ))}
      </ul>
    </Frame>
  );
}

function Failed() {
  return (
    <Frame title={t("The sample documents could not be read")}>
      <p className="mt-1 text-sm text-quiet">
        {rich("The {library} says why, and lets you try again.", {
          library: (
            <Link href={libraryAddress} className="text-accent underline">
              {t("library|in a sentence")}
            </Link>
          ),
        })}
      </p>
    </Frame>
  );
}

type SamplesOfferProps = { mayChange: boolean; onAsk: (question: string) => void };

/** Nothing once the workspace has documents of its own. */
export function SamplesOffer({ mayChange, onAsk }: SamplesOfferProps) {
  const { data: documents } = useFirstDocuments();
  const isReading = documents?.some(({ status }) => status === "in_progress") ?? false;
  const wasReading = useRef(false);
  useEffect(() => {
    if (wasReading.current && !isReading) announce(t("The sample documents are ready."));
    wasReading.current = isReading;
  }, [isReading]);

  if (documents === undefined || documents.some(({ tags }) => !tags.includes(SAMPLE))) return null;
  if (documents.length === 0) return <Offer mayChange={mayChange} />;
  if (isReading) return <Reading documents={documents} />;
  return documents.some(({ status }) => status === "ready") ? <Questions onAsk={onAsk} /> : <Failed />;
}
