// Buttons, fields and notices.
import { Pencil, Trash2 } from "lucide-react";

import { Mark } from "~/shared/ui/brand";
import { Button, IconButton } from "~/shared/ui/button";
import { CopyButton } from "~/shared/ui/copy_button";
import { Field } from "~/shared/ui/field";
import { Menu } from "~/shared/ui/menu";
import { Notice } from "~/shared/ui/notice";
import { ProgressBar } from "~/shared/ui/progress_bar";
import { Select } from "~/shared/ui/select";
import { TextArea } from "~/shared/ui/text_area";
import { toast, toastProblem } from "~/shared/ui/toasts";

import { DialogButton } from "../dialog_button";
import { type Section, nothing } from "../specimen";

const long = "A name that is so long that it has to be cut, or to wrap, wherever it stands in a narrow place";
const kinds = [
  { value: "markdown", label: "Markdown" },
  { value: "text", label: "Plain text" },
];

export const controls: Section = {
  name: "Controls",
  specimens: [
    {
      name: "Button",
      states: (["loud", "plain", "danger"] as const).map((look) => ({
        name: look,
        shown: (
          <div className="flex flex-wrap gap-2">
            <Button look={look}>Save</Button>
            <Button look={look} busy>
              Saving…
            </Button>
            <Button look={look} disabled>
              Not now
            </Button>
          </div>
        ),
      })),
    },
    {
      name: "IconButton",
      states: [
        { name: "of both sizes", shown: <div className="flex gap-2">{[false, true].map((small) => <IconButton key={String(small)} small={small} label={small ? "Edit" : "Edit, large"}><Pencil aria-hidden className="size-4" /></IconButton>)}</div> },
        { name: "disabled", shown: <IconButton disabled label="Delete"><Trash2 aria-hidden className="size-4" /></IconButton> },
      ],
    },
    { name: "CopyButton", states: [{ name: "ready", shown: <CopyButton text={() => "copied"} /> }] },
    {
      name: "Field",
      states: [
        { name: "empty", shown: <Field label="Name" placeholder="Harbour" /> },
        { name: "with a hint", shown: <Field label="Password" type="password" hint="At least twelve characters." /> },
        { name: "with a fault", shown: <Field label="E-mail" defaultValue="ada@" fault="An address has a part behind the @." /> },
        { name: "disabled", shown: <Field label="Workspace" defaultValue="Harbour" disabled /> },
      ],
    },
    {
      name: "TextArea and Select",
      states: [
        { name: "text", shown: <TextArea label="Text" rows={3} defaultValue="The harbour has forty berths." /> },
        { name: "choice", shown: <Select label="Kind" choices={kinds} defaultValue="text" /> },
      ],
    },
    {
      name: "Notice",
      states: [
        { name: "info", shown: <Notice>Nothing is lost; the answer goes on.</Notice> },
        { name: "problem", shown: <Notice kind="problem" aloud={false}>The provider refused the key. Set another one.</Notice> },
        { name: "problem with what to do", shown: <Notice kind="problem" aloud={false} action={<Button look="danger">Try again</Button>}>The server cannot be reached.</Notice> },
        { name: "long", shown: <Notice>{long}. {long}.</Notice> },
      ],
    },
    {
      name: "ProgressBar",
      states: [0, 0.4, 1].map((share) => ({ name: `${share * 100} %`, shown: <ProgressBar label={`Progress, ${share * 100} %`} share={share} /> })),
    },
    {
      name: "Menu",
      states: [
        {
          name: "opens by click, Enter and arrows",
          shown: (
            <Menu
              trigger={<button type="button" className="rounded-lg border border-line px-3 py-1.5 text-sm">Options</button>}
              entries={[
                { kind: "item", label: "Rename", icon: <Pencil aria-hidden className="size-4" />, onSelect: nothing },
                { kind: "line", name: "line" },
                { kind: "choice", label: "Theme", value: "light", choices: [{ value: "light", label: "Light" }, { value: "dark", label: "Dark", note: "at night" }], onChoose: nothing },
                { kind: "item", label: "Delete", danger: true, icon: <Trash2 aria-hidden className="size-4" />, onSelect: nothing },
              ]}
            />
          ),
        },
      ],
    },
    {
      name: "Dialog",
      states: [
        { name: "a form", shown: <DialogButton kind="form" /> },
        { name: "asks before something is gone", shown: <DialogButton kind="confirm" /> },
      ],
    },
    {
      name: "Toast",
      states: [
        { name: "with undo", shown: <Button onClick={() => toast("The conversation was archived.", { label: "Undo", onClick: nothing })}>Say it</Button> },
        { name: "problem", shown: <Button onClick={() => toastProblem(new Error("The server cannot be reached."))}>Say the problem</Button> },
      ],
    },
    { name: "Mark", states: [{ name: "of both sizes", shown: <div className="flex gap-3"><Mark className="size-6" /><Mark className="size-11" /></div> }] },
  ],
};
