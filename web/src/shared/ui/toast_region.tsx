// Where toasts are drawn.
import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { useEffect } from "react";

import { t } from "~/shared/language/words";
import { classes } from "~/shared/lib/classes";

import { IconButton } from "./button";
import { deliverToasts } from "./toasts";

const manager = Toast.createToastManager();

function ToastList() {
  const { toasts } = Toast.useToastManager();
  useEffect(() => {
    deliverToasts(({ sentence, problem, action }) => {
      const id = manager.add({
        description: sentence,
        type: problem ? "problem" : undefined,
        priority: problem ? "high" : "low",
        timeout: problem || action ? 8000 : 4000,
        actionProps: action && {
          children: action.label,
          onClick: () => {
            manager.close(id);
            action.onClick();
          },
        },
      });
    });
    return () => deliverToasts(null);
  }, []);
  return toasts.map((entry) => (
    <Toast.Root
      key={entry.id}
      toast={entry}
      className={classes(
        "toast pointer-events-auto rounded-xl border bg-raised shadow-float",
        entry.type === "problem" ? "border-danger-line" : "border-line",
      )}
    >
      <Toast.Content className="flex items-center gap-2 py-2 pe-2 ps-4 text-sm">
        <Toast.Description className={classes("min-w-0 flex-1 py-1", entry.type === "problem" && "text-danger")} />
        <Toast.Action className="rounded-md px-2 py-1 text-sm font-medium text-accent hover:bg-hover" />
        <Toast.Close
          render={
            <IconButton label={t("Dismiss")} small>
              <X aria-hidden className="size-4" />
            </IconButton>
          }
        />
      </Toast.Content>
    </Toast.Root>
  ));
}

export default function ToastRegion() {
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="pointer-events-none fixed inset-x-4 bottom-4 z-50 mx-auto flex max-w-sm flex-col gap-2 outline-none sm:start-auto sm:end-4 sm:mx-0 sm:w-96">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
