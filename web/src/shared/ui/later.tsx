// Parts of the app that load when they are first needed. React's own `lazy` would hold each of them back until 300 ms after
// the last placeholder showed, which adds up where one part brings the next.
import { type ComponentProps, type ComponentType, type FunctionComponent, type ReactNode, startTransition, useEffect, useState } from "react";

// Whatever a part is given is checked where it is drawn.
// oxlint-disable-next-line typescript/no-explicit-any
type AnyComponent = ComponentType<any>;
type Loaded<Shown extends AnyComponent> = { default: Shown };
type Later<Shown extends AnyComponent> = FunctionComponent<ComponentProps<Shown>> & {
  /** Load it before it is needed. Returns: whether it is there; what cannot be loaded now is said when it is needed. */
  preload: () => Promise<boolean>;
};

/** A component whose code loads with its first drawing. One that cannot be loaded throws, for the next `Boundary`. */
export function later<Shown extends AnyComponent>(
  load: () => Promise<Loaded<Shown>>,
  renderWaiting: (props: ComponentProps<Shown>) => ReactNode = () => null,
): Later<Shown> {
  let known: Shown | null = null;
  const get = async () => {
    known ??= (await load()).default;
  };

  function Loading(props: ComponentProps<Shown>) {
    const [problem, setProblem] = useState<{ error: unknown } | null>(null);
    const [, setKnown] = useState(known !== null);
    useEffect(() => {
      let isHere = true;
      get().then(
        // Drawn in small pieces, so that a large part keeps nobody from typing.
        () => isHere && startTransition(() => setKnown(true)),
        (error: unknown) => isHere && setProblem({ error }),
      );
      return () => {
        isHere = false;
      };
    }, []);
    if (problem !== null) throw problem.error;
    const Known = known;
    return Known === null ? renderWaiting(props) : <Known {...props} />;
  }

  return Object.assign(Loading, { preload: () => get().then(() => true, () => false) });
}
