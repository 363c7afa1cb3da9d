// Stands in for rehype-raw, which streamdown imports but this app never uses: what looks like HTML stays text.
export default function noRawHtml(): never {
  throw new Error("raw HTML is not read here");
}
