// Which addresses a model's text may lead to: links to the web and to mail; pictures from our own server alone,
// because a remote picture tells its host what was read, and can carry what was said away in its address.

function parse(address: string | undefined, base: string): URL | null {
  if (!address) return null;
  try {
    return new URL(address, base);
  } catch {
    return null;
  }
}

export function safeLink(address: string | undefined, base: string = window.location.origin): string | null {
  const url = parse(address, base);
  return url && ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
}

export function safeImage(address: string | undefined, base: string = window.location.origin): string | null {
  const url = parse(address, base);
  return url && url.origin === new URL(base).origin ? url.href : null;
}
