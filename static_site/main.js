/** Wires the modules to the browser: the address, the buttons, the tab's comings and goings, the clock. */

import { createApi } from './api.js';
import { createCustomer } from './customer.js';
import { Poller } from './poller.js';
import { createScreen } from './render.js';
import { initialState, reduce } from './state.js';
import { PROBLEMS } from './texts.js';
import { view } from './view.js';

const QR_PARAMETERS = 'deviceUuid drinkNo drinkName size uuid random ts salt'.split(' ');
const RELOAD_MS = 3000;

const world = {
  now: () => performance.now(),
  setTimeout: (...args) => setTimeout(...args),
  clearTimeout: (timer) => clearTimeout(timer),
  fetch: (...args) => fetch(...args),
  storage: () => localStorage,
  crypto,
};
const screen = createScreen(act);
const customer = createCustomer(world);
const poller = new Poller(world, {
  askStatus: () => api.status(orderId()),
  askCheck: () => api.check(orderId()),
  onAnswer: (order) => dispatch('answered', { order }),
  onFailure: () => dispatch('pollFailed'),
});
let api;
let state = initialState;
let ticking;
let reloading;

const orderId = () => state.order.order_id;

function dispatch(type, facts) {
  state = reduce(state, { type, at: world.now(), ...facts });
  const shown = view(state);
  screen.show(shown);
  world.clearTimeout(ticking);
  if (shown.texts.countdown || shown.kind === 'pending') ticking = world.setTimeout(() => dispatch('tick'), 1000);
}

async function open() {
  try {
    const { config } = await import('./config.js');
    api = createApi(config, world);
    dispatch('configured', config);
  } catch {
    dispatch('failed', { error: { code: 'CONFIG', message: PROBLEMS.CONFIG } });
    return;
  }
  watchTab();
  await load();
}

function watchTab() {
  const leave = () => poller.pause();
  const comeBack = (revived) => {
    dispatch('cameBack', { revived });
    poller.resume();
  };
  if (document.hidden) leave();
  addEventListener('pagehide', leave);
  document.addEventListener('visibilitychange', () => (document.hidden ? leave() : comeBack(false)));
  addEventListener('pageshow', ({ persisted }) => persisted && comeBack(true));
  addEventListener('online', () => poller.hurry());
}

async function load(quietly) {
  world.clearTimeout(reloading);
  const question = questionOf(new URLSearchParams(location.search));
  if (!quietly) dispatch('opened', { screen: question ? 'loading' : 'scan' });
  try {
    const order = await question?.();
    if (!order) return;
    history.replaceState(null, '', `${location.pathname}?order_id=${encodeURIComponent(order.order_id)}`);
    take(order);
  } catch (error) {
    dispatch('failed', { error, action: 'load' });
    // Nothing was answered: the network may be back before the customer presses the button.
    if (!error.status) reloading = world.setTimeout(() => load(true), RELOAD_MS);
  }
}

/** The one request that the address asks for; none when it names neither an order nor a drink. */
function questionOf(address) {
  const id = address.get('order_id');
  if (id) return () => api.status(id);
  const scanned = QR_PARAMETERS.filter((name) => address.has(name)).map((name) => [name, address.get(name)]);
  if (!scanned.length) return null;
  const key = state.cardSaving && customer.key();
  return () => api.createOrder({ ...Object.fromEntries(scanned), ...(key && { customer_key: key }) });
}

function take(order) {
  dispatch('answered', { order });
  poller.follow(order);
}

async function act(action) {
  if (state.busy) return; // a double tap
  if (action === 'load') return load();
  // Spares a round trip for a slip of the finger; the server decides all the same.
  const code = action === 'forget' ? null : emailFault(screen.email());
  if (code) return dispatch('failed', { error: { code, message: PROBLEMS[code] } });
  dispatch('asked', { action });
  try {
    await (action === 'forget' ? forgetCard() : pay(action));
  } catch (error) {
    await explain(error, action);
  }
}

function emailFault(email) {
  if (email) return /^\S+@\S+\.\S+$/.test(email) ? null : 'INVALID_EMAIL';
  return view(state).form.email === 'required' ? 'EMAIL_REQUIRED' : null;
}

async function pay(action) {
  const address = await api.pay(paymentBy(action));
  if (address) {
    dispatch('leaving');
    location.assign(address);
    return;
  }
  dispatch('charged');
  poller.follow(state.order);
  poller.askNow();
}

function paymentBy(action) {
  const email = screen.email();
  const payment = { order_id: orderId(), ...(email && { email }) };
  if (action === 'card') return { ...payment, use_saved_card: true, customer_key: customer.key() };
  const key = screen.savingWanted() && customer.keyOnConsent();
  return key ? { ...payment, save_card: true, customer_key: key } : payment;
}

async function forgetCard() {
  await api.forgetCard(orderId(), customer.key());
  customer.forget();
  dispatch('cardForgotten');
}

async function explain(error, action) {
  const { status } = state.order;
  const order = error.status === 409 && (await api.status(orderId()).catch(() => null));
  if (order) take(order); // already paid, in another tab: what became of it says more than an error
  if (state.order.status === status) dispatch('failed', { error, action });
}

open();
