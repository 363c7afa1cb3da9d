// Where one part of the page breaks, the rest stays as it is.
import { Component, type ReactNode } from "react";

import { isLostPart } from "~/shared/lib/parts";

type BoundaryProps = {
  children: ReactNode;
  /** What stands in the place of a part that broke. `isLost`: its code could not be loaded. */
  renderProblem: (isLost: boolean) => ReactNode;
  /** Where one is; what broke is tried again somewhere else. */
  place?: string;
};

type BoundaryState = { problem: { isLost: boolean } | null; place: string | undefined };

export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { problem: null, place: this.props.place };

  static getDerivedStateFromError(error: unknown): Partial<BoundaryState> {
    return { problem: { isLost: isLostPart(error) } };
  }

  static getDerivedStateFromProps({ place }: BoundaryProps, state: BoundaryState): BoundaryState | null {
    return place === state.place ? null : { problem: null, place };
  }

  override render(): ReactNode {
    return this.state.problem === null ? this.props.children : this.props.renderProblem(this.state.problem.isLost);
  }
}
