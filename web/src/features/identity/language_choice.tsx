// The languages of the app, each in its own words, for whoever cannot read the others.
import { type Language, chooseLanguage, language, languages } from "~/shared/language/languages";
import { t } from "~/shared/language/words";

const offered = Object.entries(languages) as [Language, string][];

/** Buttons, since a choice opens the page anew: arrow keys, as radio buttons have them, would do so at each language on the way. */
export function LanguageChoice({ className = "" }: { className?: string }) {
  return (
    <div role="group" aria-label={t("Language")} className={`flex w-fit max-w-full flex-wrap gap-0.5 rounded-lg bg-sunken p-0.5 ${className}`}>
      {offered.map(([value, name]) => (
        <button
          key={value}
          type="button"
          lang={value}
          aria-pressed={value === language}
          onClick={() => value !== language && chooseLanguage(value)}
          className="h-8 rounded-md px-2 text-sm text-quiet transition-colors duration-150 hover:text-ink aria-pressed:bg-raised aria-pressed:font-medium aria-pressed:text-ink aria-pressed:shadow-low sm:px-3"
        >
          {name}
        </button>
      ))}
    </div>
  );
}
