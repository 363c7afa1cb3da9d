// How far something is, from 0 to 1.
import { classes } from "~/shared/lib/classes";

type ProgressBarProps = { label: string; share: number; className?: string };

export function ProgressBar({ label, share, className }: ProgressBarProps) {
  const whole = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={whole}
      aria-valuemin={0}
      aria-valuemax={100}
      className={classes("h-1.5 overflow-hidden rounded-full bg-hover", className)}
    >
      <div className="h-full rounded-full bg-accent-fill transition-[width] duration-150" style={{ width: `${whole}%` }} />
    </div>
  );
}
