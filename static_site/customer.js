/** What this browser remembers of its customer: the key under which a card was saved, with consent. */

/** `world`: {storage(), crypto}; `storage` is a function because some browsers throw on the mere look. */
export function createCustomer({ storage, crypto }) {
  const quietly = (act) => {
    try {
      return act(storage()) ?? null;
    } catch {
      return null; // private mode: the customer simply is not remembered
    }
  };
  return {
    key: () => quietly((kept) => kept.customer_key),
    keyOnConsent: () => quietly((kept) => (kept.customer_key ??= newKey(crypto))),
    forget: () => quietly((kept) => delete kept.customer_key),
  };
}

/** 256 random bits in base64url. */
function newKey(crypto) {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace('=', '');
}
