// Where the element gets tokens from: a function that the site gives it, or an address of the site.

export type GiveToken = (user: { refused: string | null }) => string | Promise<string>;

type Answer = { token?: unknown };

/** Ask the site's own address. It is the site's server that knows who visits, and that has the key. */
async function askAddress(address: string): Promise<string> {
  const response = await fetch(address, { method: "POST", credentials: "same-origin", headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  const { token } = (await response.json()) as Answer;
  if (typeof token !== "string") throw new Error(`${address} answered without a token`);
  return token;
}

/** A token that is good. Whoever asks while one is being fetched gets the same. */
export class TokenSource {
  private coming: Promise<string> | null = null;

  constructor(private readonly find: () => { give: GiveToken | null; address: string | null }) {}

  get(refused: string | null): Promise<string> {
    this.coming ??= this.ask(refused).finally(() => {
      this.coming = null;
    });
    return this.coming;
  }

  private async ask(refused: string | null): Promise<string> {
    const { give, address } = this.find();
    if (give !== null) return give({ refused });
    if (address !== null) return askAddress(address);
    throw new Error("the element has neither a token-url nor a getToken function");
  }
}
