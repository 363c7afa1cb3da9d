// The token with which this page asks the server, and the way to the next one when it has run out.

type Ask = (refused: string | null) => void;

const PATIENCE_MILLISECONDS = 20_000;
const RENEWED = new Set(["embed_token_expired", "embed_token_invalid"]);

export class TokenKeeper {
  private token: string | null = null;
  private waiting: { resolve: (token: string) => void; reject: (reason: Error) => void }[] = [];
  private timer: number | undefined;

  /** @param ask says that a token is wanted; the answer comes to `take` or `fail`. */
  constructor(private readonly ask: Ask) {}

  get current(): string | null {
    return this.token;
  }

  take(token: string): void {
    this.token = token;
    this.end(({ resolve }) => resolve(token));
  }

  fail(reason: string): void {
    this.end(({ reject }) => reject(new Error(reason)));
  }

  /** A token other than the one that was refused; everybody who asks meanwhile gets the same. */
  next(refused: string | null): Promise<string> {
    if (this.token !== null && this.token !== refused) return Promise.resolve(this.token);
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      if (this.waiting.length > 1) return;
      this.timer = window.setTimeout(() => this.fail("the page around the chat does not answer"), PATIENCE_MILLISECONDS);
      this.ask(refused);
    });
  }

  private end(tell: (one: TokenKeeper["waiting"][number]) => void): void {
    window.clearTimeout(this.timer);
    const waited = this.waiting;
    this.waiting = [];
    waited.forEach(tell);
  }
}

async function isRefused(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  try {
    const { tag } = (await response.clone().json()) as { tag?: string };
    return tag !== undefined && RENEWED.has(tag);
  } catch {
    return false;
  }
}

/**
 * A fetch that carries the token to the server. One that has run out is replaced, and what was asked is asked once
 * more: nobody above notices, and nothing that was written is lost.
 */
export function fetchWith(keeper: TokenKeeper, plain: typeof fetch, onLost: () => void): typeof fetch {
  const send = (request: Request, token: string) => {
    const carrying = new Request(request, { credentials: "omit" });
    carrying.headers.set("authorization", `Bearer ${token}`);
    return plain(carrying);
  };
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (url.origin !== window.location.origin || !url.pathname.startsWith("/api/")) return plain(request);
    const again = request.clone();
    const token = keeper.current ?? (await keeper.next(null));
    const response = await send(request, token);
    if (!(await isRefused(response))) return response;
    try {
      return await send(again, await keeper.next(token));
    } catch {
      onLost();
      return response;
    }
  };
}

/** Who visits, as the server names them: under this name drafts are kept, so that nobody else is shown them. */
export function visitorOf(token: string): string {
  try {
    const body = token.slice(token.lastIndexOf("-embed-") + 7).split(".")[0] ?? "";
    const claims = JSON.parse(atob(body.replaceAll("-", "+").replaceAll("_", "/"))) as { visitor_id?: string };
    return claims.visitor_id ?? "visitor";
  } catch {
    return "visitor";
  }
}
