// Bars or a line over days or months, as wide as their place. What they show also stands in a table behind them.
import { type PointerEvent, useState } from "react";

export type Point = { key: string; label: string; value: number; words: string };

type PlotProps = { name: string; points: readonly Point[]; look: "bars" | "line"; topWords: (value: number) => string };

const HEIGHT = 100;

/** The first round number that nothing goes beyond: 1, 2, 2.5 or 5 with zeros. */
export function ceiling(highest: number): number {
  if (!(highest > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 2.5, 5].find((round) => round * power >= highest) ?? 10;
  return Number((step * power).toPrecision(3));
}

function Bars({ points, top, pointed }: { points: readonly Point[]; top: number; pointed: number | null }) {
  return points.map(({ key, value }, place) => {
    // What is there is seen, however small.
    const height = value > 0 ? Math.max(1.5, (value / top) * HEIGHT) : 0;
    return (
      <rect
        key={key}
        x={place + 0.14}
        width={0.72}
        y={HEIGHT - height}
        height={height}
        className={pointed === null || pointed === place ? "fill-accent-fill" : "fill-accent-fill opacity-45"}
      />
    );
  });
}

function Line({ points, top }: { points: readonly Point[]; top: number }) {
  const places = points.map(({ value }, place) => `${place + 0.5},${HEIGHT - (value / top) * HEIGHT}`);
  return (
    <>
      <polygon
        points={`0.5,${HEIGHT} ${places.join(" ")} ${points.length - 0.5},${HEIGHT}`}
        className="fill-accent-fill opacity-12"
      />
      <polyline points={places.join(" ")} vectorEffect="non-scaling-stroke" strokeWidth={2} strokeLinejoin="round" className="fill-none stroke-accent-fill" />
    </>
  );
}

export function Plot({ name, points, look, topWords }: PlotProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const top = ceiling(points.reduce((highest, { value }) => Math.max(highest, value), 0));
  const shown = pointed === null ? undefined : points[pointed];
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    setPointed(Math.min(points.length - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * points.length))));
  };
  return (
    // Time runs from left to right in every language.
    <figure dir="ltr">
      <figcaption className="flex h-6 items-baseline justify-between gap-3 text-xs text-quiet tabular-nums">
        <span>{topWords(top)}</span>
        {shown ? (
          <span dir="auto" className="truncate text-ink">
            {shown.label}: {shown.words}
          </span>
        ) : null}
      </figcaption>
      <svg
        role="img"
        aria-label={name}
        viewBox={`0 0 ${Math.max(1, points.length)} ${HEIGHT}`}
        preserveAspectRatio="none"
        onPointerMove={point}
        onPointerLeave={() => setPointed(null)}
        className="block h-40 w-full border-b border-line-strong sm:h-48"
      >
        {[0, 0.5].map((share) => (
          <line
            key={share}
            x1={0}
            x2={points.length}
            y1={share * HEIGHT}
            y2={share * HEIGHT}
            vectorEffect="non-scaling-stroke"
            className="stroke-line"
          />
        ))}
        {look === "bars" ? <Bars points={points} top={top} pointed={pointed} /> : <Line points={points} top={top} />}
        {shown && look === "line" ? (
          <line
            x1={(pointed ?? 0) + 0.5}
            x2={(pointed ?? 0) + 0.5}
            y1={0}
            y2={HEIGHT}
            vectorEffect="non-scaling-stroke"
            className="stroke-line-strong"
          />
        ) : null}
      </svg>
      <div aria-hidden className="mt-1.5 flex justify-between text-xs text-quiet tabular-nums">
        <span>{points[0]?.label}</span>
        {points.length > 2 ? <span>{points[Math.floor((points.length - 1) / 2)]?.label}</span> : null}
        <span>{points.at(-1)?.label}</span>
      </div>
    </figure>
  );
}
