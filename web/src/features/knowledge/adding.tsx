// The ways to add documents: the buttons above the page, and the line about files and their tags.
import { FilePlus, Globe, NotebookPen, Upload } from "lucide-react";
import { type RefObject, useId } from "react";

import { t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { Menu } from "~/shared/ui/menu";

type AddButtonsProps = {
  picker: RefObject<HTMLInputElement | null>;
  onFiles: (files: File[]) => void;
  onText: () => void;
  onPage: () => void;
};

export function AddButtons({ picker, onFiles, onText, onPage }: AddButtonsProps) {
  return (
    <>
      <Menu
        trigger={
          <Button aria-label={t("Add a text or a web page")}>
            <FilePlus aria-hidden className="size-4" /> <span className="max-sm:hidden">{t("Add")}</span>
          </Button>
        }
        entries={[
          { kind: "item", label: t("Write a text"), icon: <NotebookPen />, onSelect: onText },
          { kind: "item", label: t("Web page"), icon: <Globe />, onSelect: onPage },
        ]}
      />
      <Button look="loud" onClick={() => picker.current?.click()}>
        <Upload aria-hidden className="size-4" /> {t("Upload")}
      </Button>
      <input
        ref={picker}
        type="file"
        multiple
        tabIndex={-1}
        aria-label={t("Files to upload")}
        className="sr-only"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
    </>
  );
}

export function UploadHint({ tags, onTags }: { tags: string; onTags: (tags: string) => void }) {
  const id = useId();
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm text-quiet">
      <p className="grow pointer-coarse:hidden">{t("Drop or paste files anywhere on this page.")}</p>
      <label htmlFor={id}>{t("Tags for new files")}</label>
      <input
        id={id}
        value={tags}
        placeholder={t("guide, 2026")}
        autoComplete="off"
        onChange={(event) => onTags(event.target.value)}
        className="h-8 w-44 rounded-lg border border-line-strong bg-raised px-2.5 text-base text-ink placeholder:text-quiet sm:text-sm"
      />
    </div>
  );
}
