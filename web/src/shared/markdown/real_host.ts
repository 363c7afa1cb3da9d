// Where a link really leads, for links whose text looks like another address: "bank.example" that opens evil.example.

// Words with dots between, as hosts are written; `user@` before them, a scheme or a slash make an address of any word.
const LIKE_HOST = /(\w[\w+.-]*:\/*)?(?:[^\s/@]*@)?((?:[\p{L}\p{N}-]+\.)+\p{L}[\p{L}\p{N}-]+)([/:]?)/gu;
const LIKE_MAIL = /[^\s<>()@:,;]+@(?:[\p{L}\p{N}-]+\.)+\p{L}[\p{L}\p{N}-]+/gu;
const NUMBERS = /\d{1,3}(?:\.\d{1,3}){3}/g;

// "README.md" and "main.py" are files long before they are hosts.
const FILE = /\.(?:cfg|conf|css|csv|docx?|gif|go|html?|ini|ipynb|java|jpe?g|js|json|jsx|log|md|mjs|net|pdf|png|pptx?|py|rs|sh|sql|svg|toml|ts|tsx|txt|xlsx?|xml|ya?ml|zip)$/i;

const bare = (host: string): string => host.toLowerCase().replace(/^www\./, "");

/** As it looks: without characters that are not seen, and with the look-alikes of letters and dots made plain. */
const looked = (text: string): string => text.normalize("NFKC").replace(/\p{Cf}/gu, "").replaceAll("。", ".");

function hostsIn(text: string): string[] {
  const named = [...text.matchAll(LIKE_HOST)]
    .filter(([, scheme, host = "", after]) => scheme !== undefined || after !== "" || host.startsWith("www.") || !FILE.test(host))
    .map(([, , host = ""]) => host);
  return [...named, ...(text.match(NUMBERS) ?? [])];
}

/**
 * What to write beside a link.
 *
 * Returns: the host, or the address of mail, when the text names another one; null when it names none, or this one.
 */
export function realHost(text: string, address: string): string | null {
  const url = new URL(address);
  const shown = looked(text);
  if (url.protocol === "mailto:") {
    const target = decodeURIComponent(url.pathname);
    const named = shown.match(LIKE_MAIL) ?? hostsIn(shown);
    return named.some((mail) => mail.toLowerCase() !== target.toLowerCase()) ? target : null;
  }
  // What stands before an @ is a name and a password, however much it looks like a host.
  if (url.username !== "") return url.host;
  // A host with foreign letters stands here in its plain spelling, which no look-alike shares.
  return hostsIn(shown).some((host) => bare(host) !== bare(url.hostname)) ? url.host : null;
}
