// Bars, lines or areas over a few labels, and all figures in a table behind them.
import { locale } from "~/shared/language/languages";
import { t } from "~/shared/language/words";

import { type Chart, type Table, tableOf, ticksOf } from "./artifact_data";

const HEIGHT = 100;
const MOST_LABELS = 6;
const MOST_ROWS = 500;

// Told apart in both lights, also by those who see fewer colours: they differ in brightness, too.
const colours = [
  "light-dark(#4f56c8, #8f96ff)",
  "light-dark(#b45309, #f6b26b)",
  "light-dark(#0f766e, #5fd0c2)",
  "light-dark(#a2268f, #f09ae0)",
  "light-dark(#33691e, #a5d67a)",
  "light-dark(#5a5d69, #c3c7d3)",
];

type MarksProps = { chart: Chart; heightOf: (value: number) => number };

function Bars({ chart, heightOf }: MarksProps) {
  const width = 0.76 / chart.series.length;
  const zero = heightOf(0);
  return chart.series.map(({ name, values }, which) => (
    <g key={name} fill="currentColor" style={{ color: colours[which] }}>
      {values.slice(0, chart.labels.length).map((value, place) => {
        if (value === null) return null;
        const end = heightOf(value);
        const x = place + 0.12 + which * width;
        // Bars have no other name than their place.
        // oxlint-disable-next-line react/no-array-index-key
        return <rect key={place} x={x} width={width * 0.94} y={Math.min(end, zero)} height={Math.abs(end - zero)} />;
      })}
    </g>
  ));
}

/** The runs of figures without a gap between them, as places and values. */
function piecesOf(values: readonly (number | null)[]): [place: number, value: number][][] {
  const pieces: [number, number][][] = [[]];
  values.forEach((value, place) => {
    if (value === null) pieces.push([]);
    else pieces.at(-1)?.push([place, value]);
  });
  return pieces.filter((piece) => piece.length > 0);
}

function Lines({ chart, heightOf }: MarksProps) {
  const zero = heightOf(0);
  return chart.series.map(({ name, values }, which) =>
    piecesOf(values.slice(0, chart.labels.length)).map((piece) => {
      const [first = 0, last = 0] = [piece[0]?.[0], piece.at(-1)?.[0]];
      const points = piece.map(([place, value]) => `${place + 0.5},${heightOf(value)}`);
      // A single figure is a dot: a line with round ends and without length.
      if (points.length === 1) points.push(points[0] ?? "");
      return (
        <g key={`${name} ${first}`} style={{ color: colours[which] }}>
          {chart.look === "area" ? (
            <polygon points={`${first + 0.5},${zero} ${points.join(" ")} ${last + 0.5},${zero}`} fill="currentColor" opacity={0.16} />
          ) : null}
          <polyline
            points={points.join(" ")}
            fill="none"
            stroke="currentColor"
            strokeWidth={piece.length === 1 ? 6 : 2}
            strokeLinejoin="round"
            strokeLinecap="round"
            vectorEffect="non-scaling-stroke"
          />
        </g>
      );
    }),
  );
}

/** A few of the labels, evenly apart, the first among them. */
function LabelLine({ labels }: { labels: readonly string[] }) {
  const step = Math.ceil(labels.length / MOST_LABELS);
  return (
    <div aria-hidden dir="ltr" className="relative mt-1.5 h-4 text-xs text-quiet">
      {labels.map((label, place) =>
        place % step === 0 ? (
          <span
            // Two labels may read the same.
            // oxlint-disable-next-line react/no-array-index-key
            key={place}
            dir="auto"
            className="absolute -translate-x-1/2 truncate text-center"
            style={{ left: `${((place + 0.5) / labels.length) * 100}%`, maxWidth: `${(step / labels.length) * 100}%` }}
          >
            {label}
          </span>
        ) : null,
      )}
    </div>
  );
}

function Drawing({ chart }: { chart: Chart }) {
  const ticks = ticksOf(chart.series);
  const [lowest = 0, highest = 1] = [ticks[0], ticks.at(-1)];
  const heightOf = (value: number) => HEIGHT - ((value - lowest) / (highest - lowest)) * HEIGHT;
  const numbers = new Intl.NumberFormat(locale, { notation: highest >= 1e6 || lowest <= -1e6 ? "compact" : "standard", maximumFractionDigits: 6 });
  const name = chart.title ?? chart.series.map((one) => one.name).join(", ");
  const width = chart.labels.length;
  return (
    // The axis of a drawing stands on its left in every language.
    <div dir="ltr" className="flex gap-2">
      <div aria-hidden className="relative h-64 shrink-0 text-xs text-quiet tabular-nums">
        {ticks.map((tick) => (
          <span key={tick} className="absolute right-0 -translate-y-1/2" style={{ top: `${heightOf(tick)}%` }}>
            {numbers.format(tick)}
          </span>
        ))}
        {/* The widest of them makes the column. */}
        {ticks.map((tick) => (
          <span key={tick} className="invisible block h-0 overflow-hidden">
            {numbers.format(tick)}
          </span>
        ))}
      </div>
      <div className="min-w-0 flex-1">
        <svg
          role="img"
          aria-label={t("Chart: {name}", { name })}
          viewBox={`0 0 ${width} ${HEIGHT}`}
          preserveAspectRatio="none"
          className="block h-64 w-full overflow-visible"
        >
          {ticks.map((tick) => (
            <line
              key={tick}
              x1={0}
              x2={width}
              y1={heightOf(tick)}
              y2={heightOf(tick)}
              vectorEffect="non-scaling-stroke"
              className={tick === 0 ? "stroke-line-strong" : "stroke-line"}
            />
          ))}
          {chart.look === "bar" ? <Bars chart={chart} heightOf={heightOf} /> : <Lines chart={chart} heightOf={heightOf} />}
        </svg>
        <LabelLine labels={chart.labels} />
      </div>
    </div>
  );
}

function Legend({ chart }: { chart: Chart }) {
  return (
    <ul aria-label={t("Series")} className="mb-4 flex flex-wrap gap-x-4 gap-y-1 text-sm">
      {chart.series.map(({ name }, which) => (
        <li key={name} className="flex items-center gap-1.5">
          <span aria-hidden className="size-2.5 rounded-sm bg-current" style={{ color: colours[which] }} />
          <span dir="auto">{name}</span>
        </li>
      ))}
    </ul>
  );
}

function Figures({ table }: { table: Table }) {
  const shown = table.rows.slice(0, MOST_ROWS);
  return (
    <div className="answer">
      {/* A wide table scrolls inside its frame, so the keyboard must be able to reach it. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="table-frame" role="group" aria-label={t("Figures")} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {table.head.map((name, place) => (
                // Columns and rows have no other name than their place.
                // oxlint-disable-next-line react/no-array-index-key
                <th key={place} scope="col" dir="auto">
                  {name || <span className="sr-only">{t("Label")}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, line) => (
              // oxlint-disable-next-line react/no-array-index-key
              <tr key={line}>
                {table.head.map((_, place) => (
                  // oxlint-disable-next-line react/no-array-index-key
                  <td key={place} dir="auto">
                    {row[place] ?? ""}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < table.rows.length ? (
        <p className="text-sm text-quiet">
          {t("The first {count} rows. The download holds all of them.", { count: new Intl.NumberFormat(locale).format(MOST_ROWS) })}
        </p>
      ) : null}
    </div>
  );
}

type ChartViewProps = { chart: Chart | null; table: Table | null };

export function ChartView({ chart, table }: ChartViewProps) {
  const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 6 });
  const figures = table ?? (chart ? tableOf(chart, (value) => numbers.format(value)) : null);
  return (
    <div className="mx-auto max-w-3xl p-5">
      {chart ? (
        <figure className="mb-6">
          {chart.series.length > 1 ? <Legend chart={chart} /> : null}
          <Drawing chart={chart} />
        </figure>
      ) : null}
      {figures ? <Figures table={figures} /> : null}
    </div>
  );
}
