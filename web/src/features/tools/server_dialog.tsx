// Connect an MCP server, or change where it is and what opens it.
import { useState } from "react";

import type { McpServer, McpServerCreate } from "~/shared/api/types";
import { t } from "~/shared/language/words";
import { Field } from "~/shared/ui/field";
import { FormDialog } from "~/shared/ui/form_dialog";
import { Segments } from "~/shared/ui/segments";
import { TextArea } from "~/shared/ui/text_area";

import { HeaderFields, areWhole, given, writtenHeaders } from "./header_fields";
import { useSaveServer } from "./queries";

type Transport = McpServer["transport"];

/** The same in every language. */
const EXAMPLE = "https://mcp.example.com/mcp";

const isName = (name: string): boolean => /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/.test(name) && name.length <= 24;
const lines = (text: string): string[] => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
/** "NAME=value" by lines. */
const pairs = (text: string): Record<string, string> =>
  Object.fromEntries(lines(text).map((line) => [line.split("=")[0]?.trim() ?? "", line.slice(line.indexOf("=") + 1).trim()]));

type ServerDialogProps = { server: McpServer | null; onSaved: (server: McpServer) => void; onClose: () => void };

export default function ServerDialog({ server, onSaved, onClose }: ServerDialogProps) {
  const [name, setName] = useState(server?.name ?? "");
  const [transport, setTransport] = useState<Transport>(server?.transport ?? "http");
  const [url, setUrl] = useState(server?.url ?? "");
  const [headers, setHeaders] = useState(() => writtenHeaders(server?.transport === "http" ? server.secret_names : []));
  const [command, setCommand] = useState(server?.command ?? "");
  const [words, setWords] = useState(server?.arguments.join("\n") ?? "");
  const [variables, setVariables] = useState("");
  const save = useSaveServer(server?.id ?? null);
  const isHttp = transport === "http";
  const areVariables = lines(variables).every((line) => /^[^=]+=/.test(line));
  const written = given(headers);
  // A secret that is not typed anew stays as it is.
  const place = isHttp
    ? { url: url.trim(), ...(written === null ? {} : { headers: written }) }
    : { command: command.trim(), arguments: lines(words), ...(variables.trim() === "" ? {} : { environment: pairs(variables) }) };
  const wanted = server === null ? ({ name, transport, ...place } as McpServerCreate) : { name, ...place };
  const kept = server !== null && server.secret_names.length > 0 ? t("Left empty, the old one stays with this host or program: {names}.", { names: server.secret_names.join(", ") }) : null;
  return (
    <FormDialog
      title={server === null ? t("New MCP server") : t("Change {name}", { name: server.name })}
      {...(server === null ? { description: t("Its tools are offered to models after the first check.") } : {})}
      verb={server === null ? t("Connect") : t("Save")}
      busy={save.isPending}
      complete={isName(name) && (isHttp ? url.trim() !== "" && areWhole(headers) : command.trim() !== "" && areVariables)}
      error={save.error}
      onSubmit={() =>
        save.mutate(wanted, {
          onSuccess: (saved) => {
            onSaved(saved);
            onClose();
          },
        })
      }
      onClose={onClose}
    >
      <Field
        label={t("Name")}
        dir="ltr"
        value={name}
        maxLength={24}
        autoComplete="off"
        spellCheck={false}
        hint={t("Stands in front of its tools’ names.")}
        fault={name === "" || isName(name) ? null : t("Use small letters and digits, and begin with a letter.")}
        onChange={(event) => setName(event.target.value)}
      />
      {server === null ? (
        <Segments<Transport>
          label={t("How it is reached")}
          value={transport}
          choices={[
            { value: "http", label: t("By its address") },
            { value: "stdio", label: t("As a program") },
          ]}
          onChoose={setTransport}
        />
      ) : null}
      {isHttp ? (
        <>
          <Field label={t("Address")} dir="ltr" inputMode="url" value={url} maxLength={2000} autoComplete="off" spellCheck={false} placeholder={EXAMPLE} onChange={(event) => setUrl(event.target.value)} />
          <HeaderFields headers={headers} onChange={setHeaders} />
          <p className="text-sm text-quiet">{kept ?? t("If it needs one. It is kept sealed and never shown again.")}</p>
        </>
      ) : (
        <>
          <Field label={t("Program")} dir="ltr" value={command} maxLength={500} autoComplete="off" spellCheck={false} hint={t("Its full path; the operator of the server must allow it.")} onChange={(event) => setCommand(event.target.value)} />
          <TextArea label={t("Its arguments, one on each line")} dir="ltr" rows={2} value={words} spellCheck={false} onChange={(event) => setWords(event.target.value)} />
          <div>
            <TextArea label={t("Its variables, NAME=value on each line")} dir="ltr" rows={2} value={variables} spellCheck={false} autoComplete="off" onChange={(event) => setVariables(event.target.value)} />
            <p className="mt-1.5 text-sm text-quiet">{kept ?? t("They are kept sealed and never shown again.")}</p>
          </div>
        </>
      )}
    </FormDialog>
  );
}
