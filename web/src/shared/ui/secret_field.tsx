// A line for a secret that is not the person's own password: a key, a token.
import type { ComponentProps } from "react";

import { Field } from "./field";

type SecretFieldProps = Omit<ComponentProps<typeof Field>, "type" | "dir" | "autoComplete" | "autoCapitalize" | "spellCheck">;

export function SecretField(props: SecretFieldProps) {
  return (
    <Field
      {...props}
      type="password"
      dir="ltr"
      autoComplete="off"
      autoCapitalize="off"
      spellCheck={false}
      // Managers of passwords take it for somebody's own otherwise.
      data-1p-ignore=""
      data-lpignore="true"
    />
  );
}
