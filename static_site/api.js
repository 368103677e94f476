/** The functions as the page knows them. Every failure is an ApiError with a text for the customer. */

import { NO_SECOND_PAYMENT, PROBLEMS } from './texts.js';

const LOOK_MS = 8_000;
const ORDER_MS = 20_000;

export class ApiError extends Error {
  /** `status`: of HTTP, 0 when nothing was answered. `device`: what the answer told of the machine. */
  constructor(code, message, status = 0, device = undefined) {
    super(message);
    Object.assign(this, { code, status, device });
  }
}

/** `config` as in config.js; `world` is what a browser has: {fetch, setTimeout, clearTimeout}. */
export function createApi({ createOrderUrl, orderStatusUrl, webhookUrl }, world) {
  const ask = (url, timeoutMs, body) => request(world, url, timeoutMs, body);
  const askOrder = async (...question) => checked(await ask(...question));
  return {
    createOrder: (scanned) => askOrder(`${createOrderUrl}/`, ORDER_MS, scanned),
    status: (id) => askOrder(`${orderStatusUrl}/?order_id=${encodeURIComponent(id)}`, LOOK_MS),
    check: (id) => askOrder(`${webhookUrl}/check`, LOOK_MS, { order_id: id }),
    pay: (payment) => ask(`${createOrderUrl}/pay`, ORDER_MS, payment).then(addressOf, reassure),
    forgetCard: (id, key) => ask(`${createOrderUrl}/forget-card`, LOOK_MS, { order_id: id, customer_key: key }),
  };
}

/** Where to go to pay; null when a saved card was charged without going anywhere. */
function addressOf({ confirmation_url: address = null }) {
  if (address !== null && !/^https?:\/\//i.test(address)) throw unreadable();
  return address;
}

/** Nobody gladly repeats a payment that may have gone through: say that it is safe. */
function reassure(error) {
  if (!error.status) error.message += ` ${NO_SECOND_PAYMENT}`;
  throw error;
}

function checked(order) {
  if (!order.status || !order.order_id) throw unreadable();
  return order;
}

async function request({ fetch, setTimeout, clearTimeout }, url, timeoutMs, body) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    return await read(await fetch(url, { ...describe(body), signal: abort.signal }));
  } catch (error) {
    if (error instanceof ApiError) throw error;
    const code = abort.signal.aborted ? 'TIMEOUT' : 'NETWORK';
    throw new ApiError(code, PROBLEMS[code]);
  } finally {
    clearTimeout(timer);
  }
}

function describe(body) {
  const common = { cache: 'no-store', credentials: 'omit' };
  if (!body) return common; // and no header of our own, so that a poll needs no preflight
  return { ...common, method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

async function read(response) {
  const answer = parse(await response.text());
  if (!response.ok) throw refusal(response.status, answer);
  if (!answer) throw unreadable();
  return answer;
}

function parse(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return null;
  }
}

function refusal(status, answer) {
  const { code = `HTTP_${status}`, message } = answer?.error ?? {};
  const fallback = status >= 500 || status === 429 ? PROBLEMS.SERVER : PROBLEMS.REFUSED;
  return new ApiError(code, message || fallback, status, answer?.device);
}

/** Nothing that our functions send: a proxy, a captive network, a broken deployment. */
const unreadable = () => new ApiError('BAD_ANSWER', PROBLEMS.SERVER, 502);
