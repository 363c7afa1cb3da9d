// What this person says about themselves, so that answers fit them.
import { type FormEvent, useState } from "react";

import { asProblem } from "~/shared/api/problems";
import type { Me, Profile } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Button } from "~/shared/ui/button";
import { Field } from "~/shared/ui/field";
import { Loaded } from "~/shared/ui/loaded";
import { Notice } from "~/shared/ui/notice";
import { TextArea } from "~/shared/ui/text_area";
import { toast } from "~/shared/ui/toasts";

import { useChangeProfile, useProfile } from "./queries";

const fields = ["display_name", "role", "company", "language", "time_zone", "preferences", "about"] as const;
type FieldName = (typeof fields)[number];
type Written = Pick<Profile, FieldName>;

const writtenOf = (profile: Profile): Written => Object.fromEntries(fields.map((field) => [field, profile[field]])) as Written;
const zones: readonly string[] = Intl.supportedValuesOf?.("timeZone") ?? [];
const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

function ProfileForm({ profile, mayChange }: { profile: Profile; mayChange: boolean }) {
  const [written, setWritten] = useState(() => writtenOf(profile));
  const change = useChangeProfile();
  const set = (field: FieldName) => (event: { target: { value: string } }) => setWritten({ ...written, [field]: event.target.value });
  const changes = Object.fromEntries(fields.filter((field) => written[field] !== profile[field]).map((field) => [field, written[field]]));
  const isDirty = Object.keys(changes).length > 0;
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (!isDirty || change.isPending) return;
    change.mutate(changes, {
      onSuccess: (saved) => {
        setWritten(writtenOf(saved));
        toast(t("Your profile is saved."));
      },
    });
  };
  return (
    <form onSubmit={save} className="space-y-4">
      <p className="text-sm text-quiet">
        {t("Steward reads this before each of your answers. Nobody else sees it; leave empty what you would rather not say.")}
      </p>
      <fieldset disabled={!mayChange} className="min-w-0 space-y-4 rounded-2xl border border-line bg-raised p-4 sm:p-5">
        <legend className="sr-only">{t("Profile")}</legend>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("What to call you")} value={written.display_name} dir="auto" maxLength={200} placeholder={profile.account_name} onChange={set("display_name")} />
          <Field label={t("Your work")} value={written.role} dir="auto" maxLength={200} placeholder={t("Such as: runs the harbour office")} onChange={set("role")} />
          <Field label={t("Company")} value={written.company} dir="auto" maxLength={200} onChange={set("company")} />
          <Field label={t("Language of answers")} value={written.language} dir="auto" maxLength={200} placeholder={t("Such as: English, brief")} onChange={set("language")} />
          <Field
            label={t("Time zone")}
            dir="ltr"
            list="time-zones"
            value={written.time_zone}
            maxLength={64}
            placeholder={ownZone()}
            autoComplete="off"
            onChange={set("time_zone")}
          />
        </div>
        <datalist id="time-zones">
          {zones.map((zone) => (
            <option key={zone} value={zone} aria-label={zone} />
          ))}
        </datalist>
        <TextArea label={t("How you like answers")} dir="auto" rows={3} maxLength={1000} placeholder={t("Such as: short, with an example")} value={written.preferences} onChange={set("preferences")} />
        <TextArea label={t("About you")} dir="auto" rows={3} maxLength={1000} value={written.about} onChange={set("about")} />
      </fieldset>
      {change.error ? <Notice kind="problem">{asProblem(change.error).message}</Notice> : null}
      {mayChange ? (
        <div className="flex justify-end gap-2">
          <Button disabled={!isDirty} onClick={() => setWritten(writtenOf(profile))}>
            {t("Discard")}
          </Button>
          <Button look="loud" type="submit" busy={change.isPending} disabled={!isDirty}>
            {t("Save")}
          </Button>
        </div>
      ) : (
        <Notice>{t("Viewers cannot write a profile. Ask an owner of the workspace for another role.")}</Notice>
      )}
    </form>
  );
}

export default function ProfileSection({ me }: { me: Me }) {
  const profile = useProfile();
  return (
    <Loaded query={profile} waiting={t("Loading your profile…")}>
      {(mine) => <ProfileForm profile={mine} mayChange={me.role !== "viewer"} />}
    </Loaded>
  );
}
